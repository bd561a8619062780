// An SMSC for black-box tests: SMPP 3.4 by the npm package `smpp`, which shares no code with flexio.
//
//   node smsc.js [--port 2775] [--host 127.0.0.1] [--system-id flexio] [--password secret] [--receipt-ms 50] [--first-id 1]
//     [--also kannel:secret:3247]   a second program: texts to numbers that begin so are delivered to it, and what it submits to the first
//
// Writes one JSON object per line on standard output:
//   {"event":"listening","port":2775}
//   {"event":"bind","system_id":"flexio","mode":"bind_transceiver","ok":true}
//   {"event":"submit","id":"1","from":"8640","to":"32470000001","text":"hi", …}
//   {"event":"receipt","id":"1","stat":"DELIVRD"}   {"event":"answer","of":"receipt","id":"1","status":0}
//   {"event":"enquire_link"}   {"event":"unbind"}   {"event":"closed"}
// Reads one JSON object per line on standard input:
//   {"mo":{"from":"32470000001","to":"8640","text":"hello"}}      longer than one message: sent in parts with a header
//   {"receipt":{"id":"1","stat":"UNDELIV","err":"027","from":"32470000001","to":"8640"}}
//   {"cut":true}   {"unbind":true}   {"receipt_ms":1000}
//
// The last four digits of the recipient choose what happens to a submit:
//   9001 throttled once, then taken      9006 taken, receipt EXPIRED
//   9002 taken, never answered           9007 receipt before the answer
//   9003 taken, connection cut           9008 receipt twice
//   9004 refused: unknown destination    9009 taken, no receipt
//   9005 taken, receipt UNDELIV err 027  9010 throttled always
'use strict';

const smpp = require('smpp');
const readline = require('readline');

const option = (name, fallback) => {
  const at = process.argv.indexOf(`--${name}`);
  return at > 0 && process.argv[at + 1] !== undefined ? process.argv[at + 1] : fallback;
};
const port = Number(option('port', '2775'));
const host = option('host', '127.0.0.1');
const systemId = option('system-id', 'flexio');
const password = option('password', 'secret');
let receiptMs = Number(option('receipt-ms', '50'));
const [alsoId, alsoPassword, alsoPrefix] = option('also', '').split(':');

const log = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);
const sessions = new Set();
const throttledOnce = new Set();
let nextId = Number(option('first-id', '1'));
let nextReference = 1;

const stamp = () => new Date().toISOString().replace(/[-T:]/g, '').slice(2, 12);

/** The newest bound session; deliveries without one are lost, and said to be. */
const newest = (to = systemId) => [...sessions].filter((session) => session.bound === to).pop();

function deliver(what, id, pdu, to = systemId, then = () => {}) {
  const session = newest(to);
  if (!session) {
    log({ event: 'lost', of: what, id });
    return;
  }
  session.deliver_sm(pdu, (resp) => {
    log({ event: 'answer', of: what, id, status: resp.command_status });
    then(resp.command_status);
  });
}

/** A text goes on to the other program as it came, and its receipt says whether that one took it. */
function relay(session, pdu, other) {
  const id = String(nextId++);
  const { source_addr: from, destination_addr: to } = pdu;
  log({ event: 'relay', id, by: session.bound, from, to, esm_class: pdu.esm_class, data_coding: pdu.data_coding });
  session.send(pdu.response({ message_id: id }));
  const { source_addr_ton, source_addr_npi, dest_addr_ton, dest_addr_npi, data_coding } = pdu;
  // The library takes the length off a header when it reads one, and wants it when it writes one.
  const elements = Buffer.concat((pdu.short_message.udh ?? []).map((e) => Buffer.from(e)));
  const udh = elements.length ? Buffer.concat([Buffer.from([elements.length]), elements]) : undefined;
  const short_message = { udh, message: pdu.short_message.message };
  const onward = { source_addr: from, source_addr_ton, source_addr_npi, destination_addr: to, dest_addr_ton, dest_addr_npi };
  const text = { esm_class: pdu.esm_class & 0x40, data_coding, short_message };
  deliver('relay', id, { ...onward, ...text }, other, (status) => {
    if ((pdu.registered_delivery & 1) === 0) return;
    sendReceipt({ id, stat: status === 0 ? 'DELIVRD' : 'UNDELIV', from: to, to: from }, session.bound);
  });
}

function sendReceipt({ id, stat = 'DELIVRD', err = '000', from, to }, program = systemId) {
  const done = stat === 'DELIVRD' ? '001' : '000';
  const text = `id:${id} sub:001 dlvrd:${done} submit date:${stamp()} done date:${stamp()} stat:${stat} err:${err} text:`;
  const states = { ENROUTE: 1, DELIVRD: 2, EXPIRED: 3, DELETED: 4, UNDELIV: 5, ACCEPTD: 6, UNKNOWN: 7, REJECTD: 8 };
  log({ event: 'receipt', id, stat });
  deliver('receipt', id, {
    source_addr: from,
    destination_addr: to,
    source_addr_ton: 1,
    source_addr_npi: 1,
    esm_class: 4,
    short_message: text,
    receipted_message_id: id,
    message_state: states[stat] ?? 7,
  }, program);
}

/** One message, or parts of 153 septets' worth of characters (67 beyond ASCII) joined by a header. */
function sendMo({ from, to, text, data_coding }) {
  const ascii = /^[\x20-\x7e\n\r]*$/.test(text);
  const coding = data_coding ?? (ascii ? 0 : 8);
  const alone = coding === 8 ? 70 : 160;
  const each = coding === 8 ? 67 : 153;
  const common = {
    source_addr: from,
    destination_addr: to,
    source_addr_ton: 1,
    source_addr_npi: 1,
    data_coding: coding,
  };
  if (text.length <= alone) {
    deliver('mo', text, { ...common, short_message: text });
    return;
  }
  const total = Math.ceil(text.length / each);
  const reference = nextReference++ & 0xff;
  for (let part = 1; part <= total; part++) {
    const udh = Buffer.from([5, 0, 3, reference, total, part]);
    const message = text.slice((part - 1) * each, part * each);
    deliver('mo', `${part}/${total}`, { ...common, esm_class: 0x40, short_message: { udh, message } });
  }
}

function onSubmit(session, pdu) {
  const to = pdu.destination_addr;
  if (session.bound === alsoId) return relay(session, pdu, systemId);
  if (alsoPrefix && to.startsWith(alsoPrefix)) return relay(session, pdu, alsoId);
  const magic = to.slice(-4);
  if (magic === '9010' || (magic === '9001' && !throttledOnce.has(to))) {
    throttledOnce.add(to);
    log({ event: 'throttled', to });
    session.send(pdu.response({ command_status: smpp.ESME_RTHROTTLED }));
    return;
  }
  if (magic === '9004') {
    log({ event: 'refused', to });
    session.send(pdu.response({ command_status: smpp.ESME_RINVDSTADR }));
    return;
  }
  const id = String(nextId++);
  const short = pdu.short_message ?? {};
  const headers = Array.isArray(short.udh) ? Buffer.concat(short.udh.map((e) => Buffer.from(e))) : short.udh;
  log({
    event: 'submit',
    id,
    from: pdu.source_addr,
    from_ton: pdu.source_addr_ton,
    from_npi: pdu.source_addr_npi,
    to,
    to_ton: pdu.dest_addr_ton,
    to_npi: pdu.dest_addr_npi,
    esm_class: pdu.esm_class,
    data_coding: pdu.data_coding,
    registered_delivery: pdu.registered_delivery,
    validity_period: pdu.validity_period,
    text: Buffer.isBuffer(short.message) ? short.message.toString('latin1') : short.message,
    udh: headers ? Buffer.from(headers).toString('hex') : null,
  });
  const answer = () => session.send(pdu.response({ message_id: id }));
  const stats = { 9005: ['UNDELIV', '027'], 9006: ['EXPIRED', '000'] };
  const [stat, err] = stats[magic] ?? ['DELIVRD', '000'];
  const receipt = () => sendReceipt({ id, stat, err, from: to, to: pdu.source_addr });
  const wanted = (pdu.registered_delivery & 1) === 1 && magic !== '9009';
  if (magic === '9002') return;
  if (magic === '9003') {
    session.destroy();
    return;
  }
  if (magic === '9007' && wanted) {
    receipt();
    setTimeout(answer, 20);
    return;
  }
  answer();
  if (wanted) {
    for (let copy = 0; copy < (magic === '9008' ? 2 : 1); copy++) setTimeout(receipt, receiptMs);
  }
}

function onBind(session, pdu) {
  const secrets = { [systemId]: password, ...(alsoId && { [alsoId]: alsoPassword }) };
  const ok = pdu.password !== '' && secrets[pdu.system_id] === pdu.password;
  log({ event: 'bind', system_id: pdu.system_id, mode: pdu.command, ok });
  if (!ok) {
    session.send(pdu.response({ command_status: smpp.ESME_RINVPASWD }));
    session.close();
    return;
  }
  session.bound = pdu.system_id;
  session.send(pdu.response({ system_id: 'smsc.js' }));
}

const server = smpp.createServer((session) => {
  session.socket.setNoDelay(true);
  sessions.add(session);
  for (const kind of ['bind_transceiver', 'bind_transmitter', 'bind_receiver']) {
    session.on(kind, (pdu) => onBind(session, pdu));
  }
  session.on('submit_sm', (pdu) => onSubmit(session, pdu));
  session.on('enquire_link', (pdu) => {
    log({ event: 'enquire_link' });
    session.send(pdu.response());
  });
  session.on('unbind', (pdu) => {
    log({ event: 'unbind' });
    session.send(pdu.response());
    session.close();
  });
  session.on('close', () => {
    sessions.delete(session);
    log({ event: 'closed' });
  });
  // A client that goes away is a fact of the test, not a failure of the peer.
  session.on('error', (error) => log({ event: 'error', text: String(error.message) }));
});

server.listen(port, host, () => log({ event: 'listening', port: server.address().port }));

readline.createInterface({ input: process.stdin }).on('line', (line) => {
  if (line.trim() === '') return;
  const command = JSON.parse(line);
  if (command.mo) sendMo(command.mo);
  if (command.receipt) sendReceipt(command.receipt);
  if (command.receipt_ms !== undefined) receiptMs = command.receipt_ms;
  if (command.cut) newest()?.destroy();
  if (command.unbind) newest()?.unbind();
});
