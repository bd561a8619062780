// Twilio's Node SDK against flexio's Studio API: only the base URL is changed. Prints what it saw as JSON.
import twilio from 'twilio';

const { BASE, SID, TOKEN } = process.env;

const client = twilio(SID, TOKEN);
client.studio.baseUrl = BASE;
const definition = (body) => ({
  description: 'Greets',
  initial_state: 'Trigger',
  flags: { allow_concurrent_calls: true },
  states: [
    { name: 'Trigger', type: 'trigger', properties: { offset: { x: 0, y: 0 } }, transitions: [{ event: 'incomingRequest', next: 'set_1' }, { event: 'incomingMessage', next: 'send_1' }] },
    { name: 'set_1', type: 'set-variables', properties: { variables: [{ key: 'name', value: '{{flow.data.name}}' }] }, transitions: [{ event: 'next' }] },
    { name: 'send_1', type: 'send-message', properties: { body }, transitions: [{ event: 'sent' }] },
  ],
});
const out = {};

const friendlyName = 'Greeter';
out.valid = (await client.studio.v2.flowValidate.update({ friendlyName, status: 'published', definition: definition('Hi') })).valid;
const flow = await client.studio.v2.flows.create({ friendlyName, status: 'published', definition: definition('Hi'), commitMessage: 'first' });
out.flow = [flow.sid.slice(0, 2), flow.status, flow.revision, flow.valid];
const at = client.studio.v2.flows(flow.sid);
let execution = await at.executions.create({ to: '+32470123456', from: '+3225550101', parameters: { name: 'Ann' } });
for (let tries = 0; execution.status === 'active' && tries < 100; tries += 1) {
  await new Promise((done) => setTimeout(done, 100));
  execution = await at.executions(execution.sid).fetch();
}
out.execution = [execution.sid.slice(0, 2), execution.status];
out.context = (await at.executions(execution.sid).executionContext().fetch()).context.flow.variables.name;
out.steps = (await at.executions(execution.sid).steps.list()).map((step) => step.transitionedFrom).reverse();
await at.update({ status: 'published', definition: definition('Hello'), commitMessage: 'second' });
// One by one: the SDK's own list of revisions fails on its first row.
out.revisions = [(await at.revisions('2').fetch()).revision, (await at.revisions('1').fetch()).revision];
out.flows = (await client.studio.v2.flows.list()).map((one) => one.friendlyName);
try {
  await at.update({ status: 'published', definition: definition('{{ x | nosuch }}') });
} catch (error) {
  out.refused = [error.status, error.code];
}
out.removed = await at.remove();
console.log(JSON.stringify(out));
