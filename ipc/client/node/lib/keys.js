/** Key files of `aftershock keygen`: ZeroMQ certificates. */
import { closeSync, fstatSync, openSync, readSync } from "node:fs";

const FILE_BYTES_MAX = 4_096;
const OTHERS = 0o077;

export function readKeys(serverFile, ownFile) {
  return {
    serverKey: keyOf(serverFile, read(serverFile, false), "public-key"),
    ...pairOf(ownFile, read(ownFile, true)),
  };
}

function pairOf(path, text) {
  return { publicKey: keyOf(path, text, "public-key"), secretKey: keyOf(path, text, "secret-key") };
}

function read(path, secret) {
  const file = openSync(path, "r");
  try {
    const { mode } = fstatSync(file);
    if (secret && (mode & OTHERS) !== 0) {
      const found = (mode & 0o7777).toString(8).padStart(4, "0");
      throw new Error(`${path}: mode ${found}; a secret key's file is for its owner only, 0600`);
    }
    const bytes = Buffer.alloc(FILE_BYTES_MAX);
    return bytes.toString("utf8", 0, readSync(file, bytes));
  } finally {
    closeSync(file);
  }
}

function keyOf(path, text, name) {
  const found = new RegExp(`^\\s*${name}\\s*=\\s*"([0-9a-zA-Z.:+=^!/*?&<>()[\\]{}@%$#-]{40})"`, "m").exec(text);
  if (found === null) throw new Error(`${path}: no ${name} = "40 characters of Z85"`);
  return found[1];
}
