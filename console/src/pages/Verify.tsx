import { Alert, Button, Code, Group, NativeSelect, NumberInput, Paper, SimpleGrid, Stack, Text, TextInput, Title } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { isRecord, post } from "../api/client";
import { type Row, text } from "../api/lists";
import { useChange, useOne, useRows } from "../api/rows";
import { useMay } from "../api/session";
import { useI18n } from "../i18n";
import { named } from "../i18n/words";
import { Fault } from "../shell/Fault";
import { Rows } from "../shell/Rows";
import { When } from "../shell/show";
import { Fraud } from "../verify/Fraud";
import { conversions } from "../verify/words";

/** One-time codes: services, their limits, what was sent and how much of it was used, and a try. */
export default function Verify() {
  const { t, language } = useI18n();
  const { develop } = useMay();
  const services = useRows("/v2/Services", "services");
  const attempts = useRows("/v2/Attempts?PageSize=50", "attempts", 5_000);
  const summary = useOne("/v2/Attempts/Summary");
  const [name, setName] = useState("");
  const [digits, setDigits] = useState<string | number>(6);
  const [chosen, setChosen] = useState("");
  const create = useChange(() => setName(""));
  const change = useChange();
  const service = chosen || text(services.data?.[0], "sid");
  return (
    <Stack gap="xl">
      <Title order={1}>{t("nav.verify")}</Title>
      <SimpleGrid cols={{ base: 1, sm: 3 }}>
        {(["total_attempts", "total_converted", "conversion_rate_percentage"] as const).map((figure) => (
          <Paper key={figure} withBorder p="md"><Text size="sm" c="dimmed">{t(`verify.${figure}`)}</Text><Text size="xl" fw={700}>{text(summary.data, figure) || "–"}</Text></Paper>
        ))}
      </SimpleGrid>
      <section>
        <Title order={2} size="h3" mb="sm">{t("verify.services")}</Title>
        <Stack>
          {develop && <form onSubmit={(event) => { event.preventDefault(); create.mutate({ path: "/v2/Services", form: { FriendlyName: name, CodeLength: String(digits) } }); }}>
            <Group align="end"><TextInput label={t("verify.name")} required maxLength={30} value={name} onChange={(event) => setName(event.currentTarget.value)} /><NumberInput label={t("verify.digits")} min={4} max={10} w={110} value={digits} onChange={setDigits} hideControls /><Button type="submit" loading={create.isPending}>{t("create.do")}</Button></Group>
          </form>}
          <Fault error={create.error ?? change.error} />
          <Rows query={services} title={t("verify.services")} empty={t("verify.noService")} columns={[
            { label: t("verify.name"), show: (row) => text(row, "friendly_name") },
            { label: "SID", show: (row) => <Code>{text(row, "sid")}</Code> },
            { label: t("verify.digits"), show: (row) => text(row, "code_length") },
            ...(develop ? [{ label: t("field.action"), show: (row: Row) => <Button size="xs" variant="outline" color="red" onClick={() => change.mutate({ path: `/v2/Services/${text(row, "sid")}` })}>{t("people.remove", { name: text(row, "friendly_name") })}</Button> }] : []),
          ]} />
        </Stack>
      </section>
      {service && (
        <>
          <NativeSelect label={t("verify.service")} maw={360} value={service} onChange={(event) => setChosen(event.currentTarget.value)} data={services.data?.map((row) => ({ value: text(row, "sid"), label: text(row, "friendly_name") })) ?? []} />
          <SimpleGrid cols={{ base: 1, lg: 2 }}><Limits key={service} service={service} may={develop} />{develop && <Try key={`t${service}`} service={service} />}</SimpleGrid>
        </>
      )}
      <section>
        <Title order={2} size="h3" mb="sm">{t("verify.attempts")}</Title>
        <Rows query={attempts} title={t("verify.attempts")} empty={t("verify.noAttempt")} columns={[
          { label: t("field.date"), show: (row) => <When value={text(row, "date_created")} /> },
          { label: t("field.to"), show: (row) => text(data(row), "to") },
          { label: t("verify.channel"), show: (row) => text(row, "channel") },
          { label: t("field.status"), show: (row) => named(conversions, text(row, "conversion_status"), language) },
        ]} />
      </section>
      <Fraud />
    </Stack>
  );
}

const data = (row: Row): Row => (isRecord(row["channel_data"]) ? row["channel_data"] : {});

/** The customer's own limits: how many codes per value of a key. */
function Limits({ service, may }: { service: string; may: boolean }) {
  const { t } = useI18n();
  const base = `/v2/Services/${service}/RateLimits`;
  const limits = useRows(base, "rate_limits");
  const [name, setName] = useState("");
  const [most, setMost] = useState<string | number>(5);
  const [seconds, setSeconds] = useState<string | number>(3_600);
  const change = useChange();
  const create = useMutation({
    mutationFn: async () => {
      const made = await post(base, { UniqueName: name });
      return post(`${base}/${text(isRecord(made) ? made : undefined, "sid")}/Buckets`, { Max: String(most), Interval: String(seconds) });
    },
    onSuccess: () => { setName(""); return limits.refetch(); },
  });
  return (
    <Paper withBorder p="md">
      <Title order={2} size="h4" mb="xs">{t("verify.limits")}</Title>
      <Stack>
        {may && <form onSubmit={(event) => { event.preventDefault(); create.mutate(); }}>
          <Group align="end">
            <TextInput label={t("verify.key")} required value={name} onChange={(event) => setName(event.currentTarget.value)} />
            <NumberInput label={t("verify.most")} min={1} w={100} value={most} onChange={setMost} hideControls />
            <NumberInput label={t("verify.seconds")} min={1} w={120} value={seconds} onChange={setSeconds} hideControls />
            <Button type="submit" variant="default" loading={create.isPending}>{t("create.do")}</Button>
          </Group>
        </form>}
        <Fault error={create.error ?? change.error} />
        {limits.data?.map((row) => (
          <Group key={text(row, "sid")} justify="space-between"><Text>{text(row, "unique_name")}</Text>{may && <Button size="xs" variant="outline" color="red" onClick={() => change.mutate({ path: `${base}/${text(row, "sid")}` })}>{t("people.remove", { name: text(row, "unique_name") })}</Button>}</Group>
        ))}
      </Stack>
    </Paper>
  );
}

/** Sends a code and checks what the person typed. */
function Try({ service }: { service: string }) {
  const { t } = useI18n();
  const [to, setTo] = useState("+32470123456");
  const [channel, setChannel] = useState("sms");
  const [code, setCode] = useState("");
  const send = useChange();
  const check = useMutation({ mutationFn: () => post(`/v2/Services/${service}/VerificationCheck`, { To: to, Code: code }) });
  const status = text(isRecord(check.data) ? check.data : undefined, "status");
  return (
    <Paper withBorder p="md">
      <Title order={2} size="h4" mb="xs">{t("verify.try")}</Title>
      <Stack>
        <form onSubmit={(event) => { event.preventDefault(); check.reset(); send.mutate({ path: `/v2/Services/${service}/Verifications`, form: { To: to, Channel: channel } }); }}>
          <Group align="end">
            <TextInput label={t("field.number")} type="tel" required value={to} onChange={(event) => setTo(event.currentTarget.value)} />
            <NativeSelect label={t("verify.channel")} value={channel} onChange={(event) => setChannel(event.currentTarget.value)} data={[{ value: "sms", label: "SMS" }, { value: "call", label: t("handset.dial") }]} />
            <Button type="submit" loading={send.isPending}>{t("verify.send")}</Button>
          </Group>
        </form>
        <form onSubmit={(event) => { event.preventDefault(); check.mutate(); }}>
          <Group align="end"><TextInput label={t("verify.code")} required inputMode="numeric" autoComplete="one-time-code" value={code} onChange={(event) => setCode(event.currentTarget.value)} /><Button type="submit" variant="default" loading={check.isPending}>{t("verify.check")}</Button></Group>
        </form>
        <Fault error={send.error ?? check.error} />
        {status && <Alert variant="outline" role="status">{status}</Alert>}
      </Stack>
    </Paper>
  );
}
