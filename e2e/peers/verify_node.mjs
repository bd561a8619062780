// Twilio's Verify with its own SDK; only the base URL is another. Prints what it saw as JSON.
// Environment: BASE, SID, TOKEN. Arguments: `start NUMBER CODE`, `check SERVICE NUMBER CODE`, `totp IDENTITY`, or `settings TEMPLATE NUMBER`.
import { createHmac } from 'node:crypto';
import twilio from 'twilio';

const { BASE, SID, TOKEN } = process.env;
const client = twilio(SID, TOKEN);
client.verify.baseUrl = BASE;
const { services } = client.verify.v2;

async function errorOf(act) {
  try {
    await act();
  } catch (error) {
    return [error.code, error.status];
  }
  return null;
}

async function start(to, customCode) {
  let service = await services.create({ friendlyName: 'Acme', customCodeEnabled: true });
  service = await services(service.sid).update({ codeLength: 8, doNotShareWarningEnabled: true });
  const limit = await services(service.sid).rateLimits.create({ uniqueName: 'ip', description: 'per address' });
  await services(service.sid).rateLimits(limit.sid).buckets.create({ max: 2, interval: 60 });
  const made = await services(service.sid).verifications.create({
    to, channel: 'sms', locale: 'fr', customCode, rateLimits: { ip: '203.0.113.7' },
  });
  const buckets = await services(service.sid).rateLimits(limit.sid).buckets.list();
  return {
    service: service.sid,
    shown: [service.friendlyName, service.codeLength, made.status, made.valid, made.channel, made.to],
    date: made.dateCreated.getFullYear() >= 2026,
    buckets: buckets.map((bucket) => bucket.max),
    again: await errorOf(() => services(service.sid).verifications.create({ to, channel: 'sms' })),
    nowhere: await errorOf(() => services(service.sid).verifications.create({ to: '12', channel: 'sms' })),
  };
}

/** What the attempts of a verification look like, one by one, filtered and counted. */
async function attemptsOf(service, verification, to) {
  const made = client.verify.v2.verificationAttempts;
  const mine = { verifyServiceSid: service, verificationSid: verification, channelDataTo: to };
  const [one] = await made.list({ channel: 'sms', country: 'BE', status: 'converted', ...mine });
  const found = await client.verify.v2.verificationAttempts(one.sid).fetch();
  const where = { verifyServiceSid: service, country: 'BE', channel: 'sms', destinationPrefix: to.slice(0, 6) };
  const counted = await client.verify.v2.verificationAttemptsSummary().fetch(where);
  return {
    attempt: [found.channel, found.conversionStatus, found.channelData.to, found.channelData.country],
    belongs: [found.verificationSid === verification, found.serviceSid === service, found.sid === one.sid],
    others: [
      (await made.list({ status: 'unconverted', ...mine })).length,
      (await made.list({ channel: 'whatsapp', limit: 5 })).length,
    ],
    counted: [counted.totalAttempts, counted.totalConverted, counted.totalUnconverted],
  };
}

async function check(service, to, code) {
  const checks = services(service).verificationChecks;
  const wrong = await checks.create({ to, code: '00000000' });
  const right = await checks.create({ to, code });
  const attempts = await client.verify.v2.verificationAttempts.list({ limit: 20 });
  return {
    wrong: [wrong.status, wrong.valid],
    right: [right.status, right.valid],
    once: await errorOf(() => checks.create({ to, code })),
    ...(await attemptsOf(service, right.sid, to)),
    attempts: attempts.map((attempt) => attempt.conversionStatus),
    rate: (await client.verify.v2.verificationAttemptsSummary().fetch()).conversionRatePercentage,
    services: (await services.list({ limit: 20 })).length,
    deleted: await services(service).remove(),
  };
}

/** RFC 6238 with SHA-1, six digits, 30 s, as an app computes it. */
function totpCode(secret, moment) {
  const bits = [...secret].map((letter) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0')).join('');
  const key = Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(moment / 30)));
  const digest = createHmac('sha1', key).update(counter).digest();
  const at = digest[digest.length - 1] & 15;
  return String((digest.readUInt32BE(at) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}

async function totp(identity) {
  const service = await services.create({ friendlyName: 'Acme', 'totp.issuer': 'Acme Bank' });
  const entity = services(service.sid).entities(identity);
  const made = await entity.newFactors.create({ friendlyName: 'an@example.be', factorType: 'totp', metadata: { os: 'x' } });
  const { secret, uri } = made.binding;
  const now = Date.now() / 1000;
  const challenge = (authPayload) => entity.challenges.create({ factorSid: made.sid, authPayload });
  const before = await errorOf(() => challenge('000000'));
  const factor = entity.factors(made.sid);
  const wrong = await factor.update({ authPayload: totpCode(secret, now + 3_600) });
  const right = await factor.update({ authPayload: totpCode(secret, now) });
  const again = await challenge(totpCode(secret, now));
  // The next code is taken early: clocks differ.
  const approved = await challenge(totpCode(secret, now + 30));
  const seen = {
    secret,
    uri,
    made: [made.status, made.factorType, made.identity, made.metadata],
    before,
    factor: [wrong.status, right.status],
    challenges: [again.status, approved.status],
    answered: approved.dateResponded !== null && approved.expirationDate > approved.dateCreated,
    listed: (await entity.challenges.list({ factorSid: made.sid, limit: 20 })).map((it) => it.status).sort(),
    names: (await entity.factors.list({ limit: 20 })).map((it) => it.friendlyName),
    entities: (await services(service.sid).entities.list({ limit: 20 })).map((it) => it.identity),
    renamed: (await factor.update({ friendlyName: 'pad' })).friendlyName,
  };
  for (let left = 4; left > 0; left -= 1) await challenge(totpCode(secret, now + 7_200));
  seen.guessed = await errorOf(async () => {
    for (let left = 3; left > 0; left -= 1) await challenge('000000');
  });
  seen.deleted = [await factor.remove(), await entity.remove(), await services(service.sid).remove()];
  return seen;
}

/** What a service and an account have beside verifications; the template was made without the SDK. */
async function settings(template, number) {
  const service = await services.create({ friendlyName: 'Acme', defaultTemplateSid: template });
  const here = services(service.sid);
  const hook = await here.webhooks.create({ friendlyName: 'all', eventTypes: ['*'], webhookUrl: 'https://a.test/hook' });
  const off = await here.webhooks(hook.sid).update({ status: 'disabled' });
  client.messaging.baseUrl = BASE;
  const sender = (await client.messaging.v1.services.create({ friendlyName: 'BE' })).sid;
  const made = await here.messagingConfigurations.create({ country: 'BE', messagingServiceSid: sender });
  const { safelist } = client.verify.v2;
  const safe = await safelist.create({ phoneNumber: number });
  const named = (friendlyName) => client.verify.v2.templates.list({ friendlyName });
  const [shown] = await named('orders');
  const { nl } = shown.translations;
  return {
    translation: [shown.friendlyName, shown.channels, nl.locale, nl.is_default_translation, nl.status, nl.text],
    named: [(await named('orders')).length, (await named('others')).length],
    template: service.defaultTemplateSid === template,
    templates: (await client.verify.v2.templates.list({ limit: 20 })).map((it) => it.friendlyName),
    hook: [hook.status, hook.eventTypes, hook.webhookMethod, off.status],
    hooks: (await here.webhooks.list({ limit: 20 })).length,
    sender: [made.country, (await here.messagingConfigurations('BE').fetch()).messagingServiceSid === sender],
    senders: (await here.messagingConfigurations.list({ limit: 20 })).map((it) => it.country),
    safe: [safe.phoneNumber, (await safelist(number).fetch()).sid === safe.sid],
    deleted: [
      await here.webhooks(hook.sid).remove(),
      await here.messagingConfigurations('BE').remove(),
      await safelist(number).remove(),
    ],
    gone: await errorOf(() => safelist(number).fetch()),
  };
}

const commands = { start, check, totp, settings };
console.log(JSON.stringify(await commands[process.argv[2]](...process.argv.slice(3))));
