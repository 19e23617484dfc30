// Sends the messages on stdin (a JSON list) with the npm package node-hl7-client, one after the other, and prints the answers.
import { readFileSync } from "node:fs";
import { Client, Message } from "node-hl7-client";

const [host, port] = process.argv.slice(2);
const messages = JSON.parse(readFileSync(0, "utf8"));
const answers = [];
let answered = () => {};

const client = new Client({ host, ipv4: true });
const connection = client.createConnection({ port: Number(port), encoding: "utf-8" }, (response) => {
  answers.push(response.getMessage().toString());
  answered();
});
connection.on("client.error", (error) => {
  console.error(error);
  process.exit(1);
});
setTimeout(() => process.exit(2), 20000).unref();

await new Promise((resolve) => connection.once("connect", resolve));
for (const text of messages) {
  const done = new Promise((resolve) => (answered = resolve));
  await connection.sendMessage(new Message({ text }));
  await done;
}
await connection.close();
console.log(JSON.stringify(answers));
process.exit(0);
