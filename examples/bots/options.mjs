/** What the Node bots have in common: their arguments, usage instead of a stack trace, and the daemon's refusals. */
import { parseArgs } from "node:util";

const COMMON = {
  live: { type: "string" },
  requests: { type: "string" },
  topic: { type: "string", multiple: true },
  seconds: { type: "string" },
  resume: { type: "boolean", default: false },
  help: { type: "boolean", short: "h", default: false },
};
const USAGE = `  --live, --endpoint ENDPOINT   publish.live of the daemon (default tcp://127.0.0.1:5600)
  --requests ENDPOINT           publish.requests of the daemon (default tcp://127.0.0.1:5601)
  --topic PREFIX                subscribe to this prefix; again for more
  --seconds N                   end after so many seconds (default: never)
  --resume                      go on after a dead publisher too, without a person who has looked
  --help                        this text
`;

function isNumber(text) {
  return text === undefined || (text.trim() !== "" && Number(text) > 0);
}

/** The options of a bot; ends the program for --help and for what is wrong. more: its own ones, numbers, as parseArgs
 * has them; usage: their lines. */
export function readOptions(name, more = {}, usage = "") {
  const args = process.argv.slice(2).map((word) => word.replace(/^--endpoint(?==|$)/, "--live"));
  let problem;
  try {
    const { values } = parseArgs({ args, options: { ...COMMON, ...more } });
    const wrong = ["seconds", ...Object.keys(more)].find((key) => !isNumber(values[key]));
    if (wrong === undefined && !values.help) return values;
    if (wrong !== undefined) problem = `--${wrong} ${values[wrong]}: not a number above 0`;
  } catch (error) {
    problem = error.message;
  }
  const out = problem === undefined ? process.stdout : process.stderr;
  out.write(`${problem === undefined ? "" : `${name}: ${problem}\n`}usage: ${name} [options]\n${USAGE}${usage}`);
  process.exit(problem === undefined ? 0 : 2);
}

/** Says on standard error what the daemon refuses, once; call it now and then. */
export function refusalTeller(client) {
  let told = "";
  return () => {
    if (client.lastError === null || client.lastError.error === "busy") return;
    const { op, error, detail } = client.lastError;
    const text = [op, error, detail].filter((part) => part !== "").join(": ");
    if (text !== told) process.stderr.write(`the daemon refuses: ${text}\n`);
    told = text;
  };
}
