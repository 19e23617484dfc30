// Sends the messages on stdin (a JSON list) with the npm package simple-hl7, one after the other, and prints the answers.
import { readFileSync } from "node:fs";
import hl7 from "simple-hl7";

const [host, port] = process.argv.slice(2);
const messages = JSON.parse(readFileSync(0, "utf8"));
const answers = [];
const parser = new hl7.Parser({ segmentSeperator: "\r" });
const client = hl7.Server.createTcpClient({ host, port: Number(port), keepalive: true });
setTimeout(() => process.exit(2), 20000).unref();

for (const text of messages) {
  await new Promise((resolve, reject) => {
    client.send(parser.parse(text), (error, answer) => {
      if (error) return reject(error);
      answers.push(answer.toString());
      resolve();
    });
  });
}
client.close();
console.log(JSON.stringify(answers));
process.exit(0);
