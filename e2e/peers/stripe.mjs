// Stripe in small, with Stripe's own client: takes the requests of an installation, compares each with what the client makes of the same
// call, and tells events signed by the client's own code. Driven by lines of JSON, answers by lines of JSON.
import http from "node:http";
import readline from "node:readline";
import Stripe from "stripe";

const SECRET_KEY = "sk_test_e2e";
const WEBHOOK_SECRET = "whsec_e2e";
const say = (event) => process.stdout.write(`${JSON.stringify(event)}\n`);
const payments = new Map();
const refunds = [];
const answered = new Map();

const body = async (request) => {
  let text = "";
  for await (const piece of request) text += piece;
  return text;
};

// What the client sends for a call: caught by a server that answers nothing of use.
const caught = await new Promise((resolve) => {
  const waiting = [];
  const server = http.createServer(async (request, response) => {
    const taken = { method: request.method, url: request.url, form: await body(request), key: request.headers["idempotency-key"] };
    response.setHeader("content-type", "application/json");
    response.end("{}");
    waiting.shift()(taken);
  });
  server.listen(0, "127.0.0.1", () => {
    const client = new Stripe(SECRET_KEY, {
      host: "127.0.0.1", port: server.address().port, protocol: "http", telemetry: false, maxNetworkRetries: 0,
    });
    resolve(async (call) => {
      const seen = new Promise((done) => waiting.push(done));
      await call(client);
      return seen;
    });
  });
});

// Names and values as one line, whatever the order and the percent-encoding of brackets.
const canonical = (form) => [...new URLSearchParams(form)].map(([name, value]) => `${name}=${value}`).sort().join("&");

const nested = (form) => {
  const out = { metadata: {} };
  for (const [name, value] of new URLSearchParams(form)) {
    const inner = /^metadata\[(.+)\]$/.exec(name);
    if (inner) out.metadata[inner[1]] = value;
    else if (name === "automatic_payment_methods[enabled]") out.automatic_payment_methods = { enabled: value === "true" };
    else out[name] = name === "amount" ? Number(value) : value;
  }
  return out;
};

// The same call by the client; an empty text where both send the same.
const differs = async (form, key, url, call) => {
  const theirs = await caught(call);
  const ours = { method: "POST", url, form: canonical(form), key };
  const wanted = { ...theirs, form: canonical(theirs.form) };
  return JSON.stringify(ours) === JSON.stringify(wanted) ? "" : `${JSON.stringify(ours)} and not ${JSON.stringify(wanted)}`;
};

const create = async (form, key) => {
  const params = nested(form);
  const fault = await differs(form, key, "/v1/payment_intents", (client) => client.paymentIntents.create(params, { idempotencyKey: key }));
  const id = `pi_${payments.size + 1}`;
  const payment = {
    id, object: "payment_intent", client_secret: `${id}_secret_x`, status: "requires_payment_method",
    amount: params.amount, amount_received: 0, currency: params.currency, metadata: params.metadata,
  };
  payments.set(id, payment);
  say({ event: "created", id, fault });
  return payment;
};

const refund = async (form, key) => {
  const params = nested(form);
  const fault = await differs(form, key, "/v1/refunds", (client) => client.refunds.create(params, { idempotencyKey: key }));
  const made = { id: `re_${refunds.length + 1}`, object: "refund", status: "succeeded", currency: "eur", ...params };
  refunds.push(made);
  say({ event: "refunded", id: made.id, fault });
  return made;
};

const answer = async (request, form) => {
  const url = new URL(request.url, "http://stripe.test");
  const key = request.headers["idempotency-key"];
  if (request.headers.authorization !== `Bearer ${SECRET_KEY}`) return [401, { error: { type: "invalid_request_error" } }];
  if (key && answered.has(key)) return [200, answered.get(key)];
  const payment = /^\/v1\/payment_intents\/(pi_\d+)$/.exec(url.pathname);
  let made;
  if (request.method === "POST" && url.pathname === "/v1/payment_intents") made = await create(form, key);
  else if (request.method === "POST" && url.pathname === "/v1/refunds") made = await refund(form, key);
  else if (payment) return [200, payments.get(payment[1])];
  else if (url.pathname === "/v1/refunds") return [200, { data: refunds.filter((it) => it.payment_intent === url.searchParams.get("payment_intent")) }];
  else if (url.pathname === "/v1/disputes") return [200, { data: [] }];
  else return [404, { error: { type: "invalid_request_error", code: "resource_missing" } }];
  answered.set(key, made);
  return [200, made];
};

const server = http.createServer(async (request, response) => {
  const [status, made] = await answer(request, await body(request));
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(made));
});
// A configuration that is written before has to know the port.
server.listen(Number(process.env.STRIPE_PORT ?? 0), "127.0.0.1", () => say({ event: "listening", port: server.address().port }));

const signer = new Stripe(SECRET_KEY);
for await (const line of readline.createInterface({ input: process.stdin })) {
  const { url, id, payment, timestamp } = JSON.parse(line);
  const object = payments.get(payment);
  Object.assign(object, {
    status: "succeeded", amount_received: object.amount,
    latest_charge: { id: "ch_1", balance_transaction: { id: "txn_1", fee: 40, currency: object.currency } },
  });
  const payload = JSON.stringify({ id, object: "event", type: "payment_intent.succeeded", created: timestamp, data: { object } }, null, 2);
  const header = signer.webhooks.generateTestHeaderString({ payload, secret: WEBHOOK_SECRET, timestamp });
  const told = await fetch(url, { method: "POST", body: payload, headers: { "stripe-signature": header, "content-type": "application/json" } });
  say({ event: "told", id, status: told.status, text: await told.text() });
}
