/** What a bot is given. */

export class Message {
  constructor(topic, body, origin, stale, actionable) {
    this.topic = topic;
    this.body = body;
    this.snapshot = origin === "snapshot"; // no news: it was true before we joined
    this.repaired = origin === "repaired"; // it was lost, and asked for again
    this.stale = stale; // its valid_until had passed when it came
    this.actionable = actionable;
  }

  /** First component of the topic: sig, shock, fact, feed, sys. */
  get kind() {
    return this.topic.slice(0, this.topic.indexOf("."));
  }
}

export class Gap {
  constructor(cause, topic, lost, repaired) {
    this.cause = cause;
    this.topic = topic; // "" where no single topic is meant
    this.lost = lost; // messages, at least
    this.repaired = repaired; // true: they follow, as `repaired` messages
  }
}
