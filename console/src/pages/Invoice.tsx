import { Anchor, Code, Group, Loader, Paper, SimpleGrid, Stack, Text, Title } from "@mantine/core";
import { type ReactNode, useState } from "react";
import { Link, useParams } from "react-router";
import { nativePath } from "../api/client";
import { type Row, rows, text } from "../api/lists";
import { useOne } from "../api/rows";
import { useMay, useSession } from "../api/session";
import { Credit } from "../billing/Credit";
import { Dispatches } from "../billing/Dispatches";
import { Disputes } from "../billing/Disputes";
import { Items } from "../billing/Items";
import { Letters } from "../billing/Letters";
import { Lines } from "../billing/Lines";
import { Payments } from "../billing/Payments";
import { Due } from "../billing/Due";
import { Requests } from "../billing/Requests";
import { dayOf, isZero, stateOf } from "../billing/state";
import { useBillingWords } from "../billing/words";
import { WriteOff } from "../billing/WriteOff";
import { useI18n } from "../i18n";
import { useFormats } from "../i18n/format";
import { Fault } from "../shell/Fault";
import { Money, Status } from "../shell/show";

/** One invoice or credit note: totals, how to pay, lines, files. */
export default function Invoice() {
  const { t } = useI18n();
  const w = useBillingWords();
  const { sid = "" } = useParams();
  const { account_sid } = useSession();
  const path = `${nativePath(account_sid)}/Invoices/${encodeURIComponent(sid)}`;
  const invoice = useOne(`${path}.json`);
  const row = invoice.data;
  const kind = text(row, "kind") === "credit_note" ? "credit_note" : "invoice";
  return (
    <Stack gap="xl">
      <div>
        <Anchor component={Link} to="/invoices" underline="always">{t("nav.invoices")}</Anchor>
        <Title order={1}>{row ? `${w(kind)} ${text(row, "number")}` : t("nav.invoices")}</Title>
        <Code>{sid}</Code>
      </div>
      <Fault error={invoice.error} />
      {invoice.isPending && <Loader aria-label={t("app.loading")} />}
      {row && <Shown row={row} path={path} isNote={kind === "credit_note"} />}
    </Stack>
  );
}

function Shown({ row, path, isNote }: { row: Row; path: string; isNote: boolean }) {
  const w = useBillingWords();
  const f = useFormats();
  const { develop } = useMay();
  const { account_sid, top, home } = useSession();
  const [today] = useState(() => dayOf(new Date()));
  const currency = text(row, "currency");
  const above = top || home !== null;
  const isOpen = !isZero(text(row, "open"));
  return (
    <>
      <Group gap="xl">
        <Status row={{ status: stateOf(row, today) }} />
        <Text>{f.month(text(row, "month"))}</Text>
        <Text>{`${w("issued")}: ${f.day(text(row, "issued_on"))}`}</Text>
        {!isNote && <Text>{`${w("due")}: ${f.day(text(row, "due_on"))}`}</Text>}
      </Group>
      {text(row, "credits_sid") && <Text>{`${w("credits")} `}<Anchor component={Link} to={`/invoices/${text(row, "credits_sid")}`} underline="always">{w("original")}</Anchor>{`. ${w("reason")}: ${text(row, "reason")}`}</Text>}
      <SimpleGrid cols={{ base: 2, md: 3, lg: 6 }}>
        {([
          [w("net"), "net"], [w("tax", { percent: f.percent(text(row, "tax_percent")) }), "tax"], [w("gross"), "gross"],
          ...(isNote ? [[w("credited"), "payable"]] : [[w("prepaid"), "prepaid"], [w("payable"), "payable"], [w("open"), "open"]]),
        ] as [string, string][]).map(([label, name]) => (
          <Paper key={name} withBorder p="md"><Text size="sm" c="dimmed">{label}</Text><Text fw={700}><Money amount={text(row, name)} currency={currency} /></Text></Paper>
        ))}
      </SimpleGrid>
      {!isNote && (
        <section>
          <Title order={2} size="h3" mb="sm">{w("pay")}</Title>
          {isOpen ? <Due invoice={row} account={account_sid} /> : <Text>{w("paid")}</Text>}
        </section>
      )}
      <section>
        <Title order={2} size="h3" mb="sm">{w("files")}</Title>
        <Group gap="lg">
          {([["pdf", "pdf"], ["html", "html"], ["xml", "ubl"], ["csv", "csv"]] as const).map(([ending, name]) => <Anchor key={ending} href={`${path}.${ending}`} download={`${text(row, "number")}.${ending}`} underline="always">{w(name)}</Anchor>)}
        </Group>
      </section>
      <section>
        <Title order={2} size="h3" mb="sm">{w("lines")}</Title>
        <Lines lines={rows(row["lines"])} month={text(row, "month")} currency={currency} />
      </section>
      {!isNote && <Part title={w("payments")}><Payments account={nativePath(account_sid)} invoice={text(row, "sid")} refunds={develop && above} /></Part>}
      {!isNote && <Part title={w("items")}><Items path={path} number={text(row, "number")} /></Part>}
      <Part title={w("letters")}><Letters path={path} /></Part>
      <Part title={w("dispatches")}><Dispatches path={path} sends={develop && above} /></Part>
      {!isNote && <Part title={w("disputes")}><Disputes path={path} currency={currency} isOpen={isOpen} decides={above} /></Part>}
      {!isNote && develop && above && <><Requests path={path} currency={currency} /><Credit invoice={row} path={path} /><WriteOff path={path} isOpen={isOpen} /></>}
    </>
  );
}

const Part = ({ title, children }: { title: string; children: ReactNode }) => <section><Title order={2} size="h3" mb="sm">{title}</Title>{children}</section>;
