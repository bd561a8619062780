// Twilio's Verify with its own SDK; only the base URL is another. Prints what it saw as JSON.
// Environment: BASE, SID, TOKEN. Arguments: `start NUMBER CODE`, or `check SERVICE NUMBER CODE`.
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

async function check(service, to, code) {
  const checks = services(service).verificationChecks;
  const wrong = await checks.create({ to, code: '00000000' });
  const right = await checks.create({ to, code });
  const attempts = await client.verify.v2.verificationAttempts.list({ limit: 20 });
  return {
    wrong: [wrong.status, wrong.valid],
    right: [right.status, right.valid],
    once: await errorOf(() => checks.create({ to, code })),
    attempts: attempts.map((attempt) => attempt.conversionStatus),
    rate: (await client.verify.v2.verificationAttemptsSummary().fetch()).conversionRatePercentage,
    services: (await services.list({ limit: 20 })).length,
    deleted: await services(service).remove(),
  };
}

const commands = { start, check };
console.log(JSON.stringify(await commands[process.argv[2]](...process.argv.slice(3))));
