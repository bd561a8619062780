// The least of a mail server: it takes everything, and keeps what came.
import { createServer } from "node:net";

export function postman(port) {
  const mails = [];
  const server = createServer((socket) => {
    let text = "";
    const say = (line) => socket.write(`${line}\r\n`);
    say("220 postman");
    socket.on("error", () => undefined);
    socket.on("data", (part) => {
      text += part;
      for (;;) {
        const isBody = text.startsWith("\0");
        const end = text.indexOf(isBody ? "\r\n.\r\n" : "\r\n");
        if (end < 0) return;
        const line = text.slice(isBody ? 1 : 0, end);
        text = text.slice(end + (isBody ? 5 : 2));
        if (isBody) mails.push(line);
        if (!isBody && /^DATA/i.test(line)) text = `\0${text}`;
        say(isBody ? "250 taken" : /^DATA/i.test(line) ? "354 go on" : /^QUIT/i.test(line) ? "221 bye" : "250 yes");
      }
    });
  }).listen(port, "127.0.0.1");
  return { mails, close: () => server.close() };
}
