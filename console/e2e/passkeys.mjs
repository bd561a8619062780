// Passkeys in a real browser with a virtual authenticator, over a new flexio whose address has a name:
//   node console/e2e/passkeys.mjs <setup_url> [folder for screenshots]
// a passkey is added, signs in in place of password and code, and is removed; what is refused says why.
import assert from "node:assert/strict";
import { desk, PASSWORD } from "./desk.mjs";

const [setup, folder] = process.argv.slice(2);
assert.ok(setup, "usage: passkeys.mjs <setup_url> [folder]");
const { origin, hostname } = new URL(setup);
assert.equal(hostname, "localhost", "passkeys are for names");
const { browser, faults, sits, look } = await desk(origin, folder);
let page;
let devtools;

const plug = async (verified) => (await devtools.send("WebAuthn.addVirtualAuthenticator", {
  options: { protocol: "ctap2", transport: "internal", hasResidentKey: true, hasUserVerification: true, isUserVerified: verified, automaticPresenceSimulation: true },
})).authenticatorId;
const credentials = async (authenticatorId) => (await devtools.send("WebAuthn.getCredentials", { authenticatorId })).credentials;

let region;
async function add(name) {
  await region.getByRole("textbox", { name: "Name of the passkey" }).fill(name);
  await region.getByRole("textbox", { name: "Present password" }).fill(PASSWORD);
  await region.getByRole("button", { name: "Add a passkey" }).click();
}
const signOut = async () => {
  await page.getByRole("button", { name: "Sign out" }).first().click();
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
};

try {
  page = await sits(setup, "ann@acme.test");
  region = page.getByRole("region", { name: "Passkeys" }).first();
  devtools = await page.context().newCDPSession(page);
  await devtools.send("WebAuthn.enable");
  const key = await plug(true);
  await page.getByRole("link", { name: "My sign-in" }).click();
  await page.getByText("You have no passkey yet.").waitFor();
  for (const scheme of ["dark", "light"]) {
    await page.emulateMedia({ colorScheme: scheme });
    await look(page, `passkeys-none-${scheme}`);
  }
  await region.getByRole("textbox", { name: "Name of the passkey" }).fill("Laptop");
  await region.getByRole("textbox", { name: "Present password" }).fill("wrong wrong wrong");
  await region.getByRole("button", { name: "Add a passkey" }).click();
  await region.getByRole("alert").getByText("The present password is not right").waitFor();
  await add("Laptop");
  await region.getByRole("cell", { name: "Laptop", exact: true }).waitFor();
  assert.equal((await credentials(key)).length, 1);
  await add("Laptop again");
  await region.getByText("This device has a passkey of yours already.").waitFor();
  for (const language of ["nl", "fr", "de", "en"]) {
    await page.getByRole("banner").getByRole("combobox").selectOption(language);
    await page.waitForTimeout(50);
    await look(page, `passkeys-${language}`);
  }

  // In place of password and code.
  await signOut();
  for (const scheme of ["dark", "light"]) {
    await page.emulateMedia({ colorScheme: scheme });
    await look(page, `sign-in-passkey-${scheme}`);
  }
  await page.getByRole("button", { name: "Sign in with a passkey" }).click();
  await page.getByRole("button", { name: "Sign out" }).first().waitFor();
  await page.goto(`${origin}/console/profile`);
  await region.getByRole("cell", { name: "never" }).waitFor({ state: "detached" });
  await region.getByRole("cell", { name: "Laptop", exact: true }).waitFor();

  // What was sent a first time is refused a second.
  const sent = [];
  page.on("request", (request) => { if (request.url().endsWith("/sign-in/passkey")) sent.push(request.postData()); });
  await signOut();
  await page.getByRole("button", { name: "Sign in with a passkey" }).click();
  await page.getByRole("button", { name: "Sign out" }).first().waitFor();
  assert.equal(sent.length, 1);
  const again = await page.evaluate((body) => fetch("/console/api/sign-in/passkey", { method: "POST", headers: { "Content-Type": "application/json" }, body }).then((answer) => answer.status), sent[0]);
  assert.equal(again, 401);

  // An authenticator that does not verify the person is not let in; nor one that the platform no longer knows.
  await page.goto(`${origin}/console/profile`);
  await devtools.send("WebAuthn.setUserVerified", { authenticatorId: key, isUserVerified: false });
  await signOut();
  await page.getByRole("button", { name: "Sign in with a passkey" }).click();
  await page.getByText("No passkey was chosen.").waitFor();
  await look(page, "sign-in-passkey-none");
  await devtools.send("WebAuthn.setUserVerified", { authenticatorId: key, isUserVerified: true });
  await page.getByRole("button", { name: "Sign in with a passkey" }).click();
  await page.getByRole("button", { name: "Sign out" }).first().waitFor();
  await page.goto(`${origin}/console/profile`);
  await region.getByRole("button", { name: "Remove Laptop" }).click();
  const sure = page.getByRole("dialog");
  await sure.getByRole("textbox", { name: "Present password" }).fill(PASSWORD);
  await look(page, "passkeys-remove", ".mantine-Modal-body");
  await sure.getByRole("button", { name: "Remove", exact: true }).click();
  await region.getByText("You have no passkey yet.").waitFor();
  assert.equal((await credentials(key)).length, 1, "the authenticator keeps its half");
  await signOut();
  await page.getByRole("button", { name: "Sign in with a passkey" }).click();
  await page.getByText("The passkey was not accepted.").waitFor();
  await page.getByLabel("E-mail address").fill("ann@acme.test");
  await page.getByRole("textbox", { name: "Password" }).fill(PASSWORD);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await page.getByRole("button", { name: "Sign out" }).first().waitFor();

  // All of it is in the audit log.
  await page.goto(`${origin}/console/audit`);
  for (const action of ["passkeys.add", "session.begin_by_passkey", "passkeys.remove"]) await page.getByText(action, { exact: true }).first().waitFor();
  assert.deepEqual(faults, []);
  process.stdout.write("passkeys went well\n");
} finally {
  for (const fault of faults) process.stderr.write(`${fault}\n`);
  if (folder) await page?.screenshot({ path: `${folder}/last.png`, fullPage: true }).catch(() => undefined);
  await browser.close();
}
