// A voice agent on a media stream, as one is written for Twilio: it says back what it hears. Each event but media is a JSON line.
// Usage: node agent.mjs AUTH_TOKEN
import { createRequire } from "node:module";
import { WebSocketServer } from "ws";

const twilio = createRequire(import.meta.url)("twilio");
const [token] = process.argv.slice(2);
const tell = (event) => console.log(JSON.stringify(event));

const server = new WebSocketServer({ host: "127.0.0.1", port: 0 });
server.on("listening", () => tell({ event: "listening", port: server.address().port }));
server.on("connection", (socket, request) => {
  const url = `ws://${request.headers.host}${request.url}`;
  const signed = twilio.validateRequest(token, request.headers["x-twilio-signature"] ?? "", url, {});
  tell({ event: "upgrade", signed });
  let frames = 0;
  socket.on("message", (data) => {
    const message = JSON.parse(data);
    const { event, streamSid } = message;
    const send = (answer) => socket.send(JSON.stringify({ streamSid, ...answer }));
    if (event !== "media") tell(message);
    if (event === "media") {
      frames += 1;
      send({ event: "media", media: { payload: message.media.payload } });
      if (frames === 100) send({ event: "mark", mark: { name: "two seconds" } });
    } else if (event === "dtmf" && message.dtmf.digit === "9") {
      send({ event: "clear" });
      socket.close();
    }
  });
  socket.on("close", (code) => tell({ event: "closed", code, frames }));
});
