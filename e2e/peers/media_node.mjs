// Media of messages with Twilio's own SDK; only the base URL is another. Prints what it saw as JSON.
// Environment: BASE, SID, TOKEN. Arguments: SENDER RECIPIENT MEDIA_URL.
import twilio from 'twilio';

const { BASE, SID, TOKEN } = process.env;
const client = twilio(SID, TOKEN);
client.api.baseUrl = BASE;
const [from, to, url] = process.argv.slice(2);

async function errorOf(act) {
  try {
    await act();
  } catch (error) {
    return [error.code, error.status];
  }
  return null;
}

const sent = await client.messages.create({ from, to, body: 'Look', mediaUrl: [url, url] });
const { media } = client.messages(sent.sid);
const [first, second] = await media.list();
const fetched = await media(first.sid).fetch();
console.log(JSON.stringify({
  sent: [sent.numMedia, sent.body],
  listed: [first.contentType, first.parentSid === sent.sid, first.sid.slice(0, 2), first.sid !== second.sid],
  fetched: fetched.sid === first.sid,
  deleted: await media(second.sid).remove(),
  left: (await media.list()).length,
  gone: await errorOf(() => media(second.sid).fetch()),
  missing: await errorOf(() => client.messages.create({ from, to, mediaUrl: [`${url}-not`] })),
}));
