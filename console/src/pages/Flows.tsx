import { Alert, Anchor, Badge, Button, FileButton, Group, List, NativeSelect, Paper, Stack, Text, TextInput, Title } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Link, useNavigate } from "react-router";
import { isRecord, postJson } from "../api/client";
import { base64 } from "../api/file";
import { type Row, rows, text } from "../api/lists";
import { useRows } from "../api/rows";
import { useMay, useSession } from "../api/session";
import { templates as words } from "../flows/templates";
import { useI18n } from "../i18n";
import { spoken } from "../i18n/words";
import { useDesk } from "../phone/context";
import { useRunWords } from "../runs/words";
import { Fault } from "../shell/Fault";
import { Rows } from "../shell/Rows";

/** The flows of the account; each opens in the designer. A new one begins with a template. */
export default function Flows() {
  const { t } = useI18n();
  const w = useRunWords();
  const { account_sid } = useSession();
  const { develop } = useMay();
  const desk = useDesk();
  const base = `/restcomm/2012-04-24/Accounts/${account_sid}`;
  const flows = useRows(`${base}/Flows.json?PageSize=1000`, "flows");
  return (
    <Stack>
      <Title order={1}>{t("nav.flows")}</Title>
      {develop && <Begin base={base} />}
      {develop && <Import base={base} />}
      <Rows query={flows} title={t("nav.flows")} empty={t("flows.empty")} columns={[
        { label: t("field.name"), show: (flow) => <Anchor component={Link} to={`/flows/${text(flow, "sid")}`} underline="always">{text(flow, "name") || text(flow, "sid")}</Anchor> },
        { label: t("field.status"), show: (flow) => <Badge variant="default" tt="none">{text(flow, "published_revision") ? t("flows.published", { number: text(flow, "published_revision") }) : t("flows.draft")}</Badge> },
        { label: w("all.link"), show: (flow) => <Anchor component={Link} to={`/flows/${text(flow, "sid")}/executions`} underline="always" aria-label={w("all", { name: text(flow, "name") || text(flow, "sid") })}>{w("all.link")}</Anchor> },
        ...(desk.allowed ? [{ label: t("field.action"), show: (flow: Row) => text(flow, "published_revision") && <Button size="xs" variant="default" disabled={desk.talking !== null} onClick={() => desk.call(text(flow, "sid"), text(flow, "name"))}>{t("flows.call", { name: text(flow, "name") })}</Button> }] : []),
      ]} />
    </Stack>
  );
}

/** A flow from a file: of flexio, of Twilio Studio, or a project of the old designer. What could not be taken over word for word is told. */
function Import({ base }: { base: string }) {
  const { t } = useI18n();
  const queries = useQueryClient();
  const bring = useMutation({
    mutationFn: async (file: File) => {
      const name = file.name.replace(/\.[A-Za-z]{2,5}$/, "").slice(0, 64);
      const isArchive = /\.zip$/i.test(file.name);
      return postJson(`${base}/Flows/Import.json`, { ...(name && { name }), ...(isArchive ? { archive: await base64(file) } : { content: await file.text() }) });
    },
    onSuccess: () => queries.invalidateQueries({ queryKey: ["rows"] }),
  });
  const made = isRecord(bring.data) ? bring.data : undefined;
  const report = rows(made?.["report"]);
  return (
    <Stack gap="xs">
      <Group>
        <FileButton accept=".yaml,.yml,.json,.zip" onChange={(file) => { if (file) bring.mutate(file); }}>{(props) => <Button {...props} variant="default" loading={bring.isPending}>{t("flows.import")}</Button>}</FileButton>
        <Text size="sm" c="dimmed">{t("flows.importAbout")}</Text>
      </Group>
      <Fault error={bring.error} />
      {made && (
        <Alert variant="outline" role="status">
          <Text>{t("flows.imported")} <Anchor component={Link} to={`/flows/${text(made, "sid")}`} underline="always">{text(made, "name")}</Anchor></Text>
          {report.length > 0 && <List size="sm" mt="xs">{report.map((remark, at) => <List.Item key={at}>{[text(remark, "node"), text(remark, "text")].filter(Boolean).join(": ")}</List.Item>)}</List>}
        </Alert>
      )}
    </Stack>
  );
}

function Begin({ base }: { base: string }) {
  const { t, language } = useI18n();
  const navigate = useNavigate();
  const templates = useRows(`${base}/FlowTemplates.json`, "templates");
  const [name, setName] = useState("");
  const [template, setTemplate] = useState("blank");
  const chosen = templates.data?.find((each) => text(each, "id") === template);
  // One that is newer than the words says it as it came.
  const word = (row: Row, part: "name" | "about") => {
    const known = words[text(row, "id")];
    return known ? spoken(known[part], language) : text(row, part === "name" ? "name" : "description");
  };
  const create = useMutation({
    mutationFn: () => postJson(`${base}/Flows.json`, { name, template }),
    onSuccess: (made) => navigate(`/flows/${text(isRecord(made) ? made : undefined, "sid")}`),
  });
  return (
    <Paper withBorder p="md">
      <form onSubmit={(event) => { event.preventDefault(); create.mutate(); }}>
        <Group align="end">
          <TextInput label={t("field.name")} required maxLength={64} value={name} onChange={(event) => setName(event.currentTarget.value)} />
          <NativeSelect label={t("flows.template")} value={template} onChange={(event) => setTemplate(event.currentTarget.value)} data={(templates.data ?? [{ id: "blank" }]).map((each) => ({ value: text(each, "id"), label: word(each, "name") }))} />
          <Button type="submit" loading={create.isPending}>{t("create.do")}</Button>
        </Group>
        {chosen && <Text size="sm" mt="xs" maw={760} role="status">{word(chosen, "about")}</Text>}
        <Fault error={create.error ?? templates.error} />
      </form>
    </Paper>
  );
}
