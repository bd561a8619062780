// Twilio's Messaging with its own SDK; only the base URLs are others. Prints what it saw as JSON.
// Environment: BASE, SID, TOKEN. Arguments: NUMBER_SID RECIPIENT SECONDS.
import twilio from 'twilio';

const { BASE, SID, TOKEN } = process.env;
const client = twilio(SID, TOKEN);
client.messaging.baseUrl = BASE;
client.api.baseUrl = BASE;
const [phoneNumberSid, to, seconds] = process.argv.slice(2);
const { services } = client.messaging.v1;

async function errorOf(act) {
  try {
    await act();
  } catch (error) {
    return [error.code, error.status];
  }
  return null;
}

let service = await services.create({ friendlyName: 'Shop', stickySender: true, validityPeriod: 600 });
service = await services(service.sid).update({ smartEncoding: false });
const numbers = services(service.sid).phoneNumbers;
const added = await numbers.create({ phoneNumberSid });
const messagingServiceSid = service.sid;
const sent = await client.messages.create({ messagingServiceSid, to, body: 'now' });
const sendAt = new Date(Date.now() + Number(seconds) * 1000);
const waits = () => client.messages.create({ messagingServiceSid, to, body: 'later', sendAt, scheduleType: 'fixed' });
const [kept, withdrawn] = [await waits(), await waits()];
console.log(JSON.stringify({
  shown: [service.friendlyName, service.smartEncoding, service.stickySender, service.validityPeriod],
  numbers: (await numbers.list()).map((one) => one.phoneNumber === added.phoneNumber),
  again: await errorOf(() => numbers.create({ phoneNumberSid })),
  sent: [sent.status, sent.messagingServiceSid === service.sid],
  scheduled: kept.status,
  withdrawn: (await client.messages(withdrawn.sid).update({ status: 'canceled' })).status,
  codes: (await client.shortCodes.list()).map((code) => code.shortCode),
  services: (await services.list({ limit: 20 })).length,
  nowhere: await errorOf(() => client.messages.create({ messagingServiceSid: `MG${'0'.repeat(32)}`, to, body: 'x' })),
}));
