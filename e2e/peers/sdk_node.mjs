// What a customer's program does with Twilio's own SDK; only the base URL is another. Prints what it saw as JSON.
// Environment: BASE, SID, TOKEN, APP (URL of the application), CALLED (a number that answers).
import twilio from 'twilio';

const { BASE, SID, TOKEN, APP, CALLED } = process.env;

function client(user, token, options = {}) {
  const made = twilio(user, token, options);
  made.api.baseUrl = BASE;
  made.pricing.baseUrl = BASE;
  return made;
}

async function wait(fetch, wanted) {
  const until = Date.now() + 40_000;
  for (;;) {
    const found = await fetch();
    if (wanted.includes(found.status)) return found;
    if (Date.now() > until) throw new Error(`stays ${found.status}`);
    await new Promise((done) => setTimeout(done, 50));
  }
}

async function errorOf(act) {
  try {
    await act();
  } catch (error) {
    return { class: error.constructor.name, code: error.code, status: error.status };
  }
  return null;
}

const out = {};
const top = client(SID, TOKEN);
const sub = await top.api.v2010.accounts.create({ friendlyName: 'SDK node' });
out.sub_account = [sub.sid.slice(0, 2), sub.status, sub.friendlyName, sub.authToken.length];
const me = client(sub.sid, sub.authToken);
out.own_account = (await me.api.v2010.accounts(sub.sid).fetch()).sid === sub.sid;

const key = await me.newKeys.create({ friendlyName: 'ci' });
const byKey = client(key.sid, key.secret, { accountSid: sub.sid });
out.key = [key.sid.slice(0, 2), (await byKey.incomingPhoneNumbers.list()).length];

const offered = await me.availablePhoneNumbers('BE').local.list({ limit: 3 });
let number = await me.incomingPhoneNumbers.create({ phoneNumber: offered[0].phoneNumber, voiceUrl: `${APP}/voice` });
number = await me
  .incomingPhoneNumbers(number.sid)
  .update({ friendlyName: 'Desk', voiceUrl: `${APP}/voice2`, voiceMethod: 'GET' });
out.number = [number.friendlyName, number.voiceUrl === `${APP}/voice2`, number.voiceMethod, number.capabilities.sms];

let application = await me.applications.create({ friendlyName: 'App', voiceUrl: `${APP}/voice` });
application = await me.applications(application.sid).update({ friendlyName: 'App 2' });
out.application = [application.friendlyName, (await me.applications.list()).map((a) => a.sid === application.sid)];

for (let n = 0; n < 5; n++) {
  await me.messages.create({ to: CALLED, from: number.phoneNumber, body: `Message ${n}` });
}
const counts = [];
for (let page = await me.messages.page({ pageSize: 2 }); page; page = await page.nextPage()) {
  counts.push(page.instances.length);
}
out.pages = counts;
const listed = await me.messages.list({ pageSize: 2 });
out.messages = listed.map((message) => message.body).sort();
const done = await wait(() => me.messages(listed[0].sid).fetch(), ['delivered', 'sent']);
out.message = [done.direction, done.numSegments, done.price, done.priceUnit, done.dateCreated.getFullYear() >= 2024];

const call = await me.calls.create({ to: CALLED, from: number.phoneNumber, url: `${APP}/out`, timeout: 20 });
out.call_created = [call.sid.slice(0, 2), call.status, call.direction];
await wait(() => me.calls(call.sid).fetch(), ['in-progress']);
await me.calls(call.sid).update({ status: 'completed' });
const ended = await wait(() => me.calls(call.sid).fetch(), ['completed']);
out.call = [ended.status, Number(ended.duration) >= 0, ended.startTime !== null, ended.endTime !== null];
out.calls = (await me.calls.list({ status: 'completed' })).map((c) => c.sid === call.sid);

const recorded = await me.calls.create({ to: CALLED, from: number.phoneNumber, url: `${APP}/record` });
await wait(() => me.calls(recorded.sid).fetch(), ['completed']);
let recordings = [];
for (let tries = 0; recordings.length === 0 && tries < 400; tries++) {
  recordings = await me.recordings.list();
  if (recordings.length === 0) await new Promise((next) => setTimeout(next, 100));
}
out.recordings = recordings.map((r) => [r.sid.slice(0, 2), r.callSid === recorded.sid]);

const records = Object.fromEntries((await me.usage.records.today.list()).map((r) => [r.category, r]));
out.usage = [Number(records['sms-outbound'].count), Number(records.totalprice.price) > 0];

const { v1: prices, v2: newer } = me.pricing;
const mobile = await newer.voice.numbers(CALLED).fetch({ originationNumber: number.phoneNumber });
out.pricing = [
  (await prices.voice.countries.list()).map((country) => country.isoCountry),
  (await prices.messaging.countries('BE').fetch()).outboundSmsPrices[0].prices[0].current_price,
  (await prices.phoneNumbers.countries('BE').fetch()).phoneNumberPrices[0].currentPrice,
  (await prices.voice.numbers(CALLED).fetch()).outboundCallPrice.currentPrice,
  [mobile.priceUnit, mobile.outboundCallPrices[0].currentPrice, mobile.originationNumber === number.phoneNumber],
  (await newer.voice.countries('BE').fetch()).outboundPrefixPrices.length,
];
out.no_prices = await errorOf(() => prices.voice.countries('FR').fetch());
const dear = await me.messages.create({ to: CALLED, from: number.phoneNumber, body: 'x', maxPrice: 0.09 });
out.dear = [dear.status, dear.errorCode];

out.bad_to = await errorOf(() => me.calls.create({ to: 'nonsense!', from: number.phoneNumber, url: `${APP}/out` }));
out.no_body = await errorOf(() => me.messages.create({ to: CALLED, from: number.phoneNumber }));
out.not_found = await errorOf(() => me.calls(`CA${'0'.repeat(32)}`).fetch());
out.wrong_token = await errorOf(() => client(sub.sid, '0'.repeat(32)).api.v2010.accounts(sub.sid).fetch());

out.call_recordings = (await me.calls(recorded.sid).recordings.list()).map((r) => r.sid === recordings[0].sid);
out.events = (await me.calls(recorded.sid).events.list())[0].request.event;
out.call_over = await errorOf(() => me.calls(recorded.sid).recordings.create({}));
out.call_deleted = [await me.calls(call.sid).remove(), await errorOf(() => me.calls(call.sid).fetch())];

const domain = await me.sip.domains.create({ domainName: `${sub.sid.toLowerCase()}.sip.example`, sipRegistration: true });
const users = await me.sip.credentialLists.create({ friendlyName: 'Phones' });
const user = await me.sip.credentialLists(users.sid).credentials.create({ username: 'alice', password: 'Correct-horse-42' });
const offices = await me.sip.ipAccessControlLists.create({ friendlyName: 'Offices' });
const network = await me.sip
  .ipAccessControlLists(offices.sid)
  .ipAddresses.create({ friendlyName: 'Brussels', ipAddress: '192.0.2.7', cidrPrefixLength: 24 });
const at = me.sip.domains(domain.sid);
await at.auth.registrations.credentialListMappings.create({ credentialListSid: users.sid });
await at.auth.calls.credentialListMappings.create({ credentialListSid: users.sid });
await at.ipAccessControlListMappings.create({ ipAccessControlListSid: offices.sid });
out.sip = [
  domain.sid.slice(0, 2),
  user.sid.slice(0, 2),
  network.cidrPrefixLength,
  (await at.fetch()).authType,
  (await at.credentialListMappings.list()).map((m) => m.friendlyName),
  (await at.auth.registrations.credentialListMappings.list()).map((m) => m.friendlyName),
  (await at.auth.calls.ipAccessControlListMappings.list()).map((m) => m.friendlyName),
];
out.list_in_use = await errorOf(() => me.sip.credentialLists(users.sid).remove());
out.weak = await errorOf(() => me.sip.credentialLists(users.sid).credentials.create({ username: 'bob', password: 'weak' }));
await at.remove();
out.sip_deleted = [await me.sip.credentialLists(users.sid).remove(), (await me.sip.domains.list()).length];

let queue = await me.queues.create({ friendlyName: 'support', maxSize: 5 });
queue = await me.queues(queue.sid).update({ maxSize: 7 });
out.queue = [queue.sid.slice(0, 2), queue.maxSize, queue.currentSize, queue.averageWaitTime];
out.queues = (await me.queues.list()).map((q) => q.friendlyName);
out.members = (await me.queues(queue.sid).members.list()).length;
out.queue_taken = await errorOf(() => me.queues.create({ friendlyName: 'support' }));
out.nobody_waits = await errorOf(() => me.queues(queue.sid).members('Front').fetch());
out.conferences = (await me.conferences.list({ status: 'completed' })).length;
out.no_conference = await errorOf(() => me.conferences(`CF${'0'.repeat(32)}`).fetch());
out.queue_deleted = await me.queues(queue.sid).remove();

await me.incomingPhoneNumbers(number.sid).remove();
out.released = (await me.incomingPhoneNumbers.list()).length;
console.log(JSON.stringify(out));
