import { Anchor, Badge, Button, Group, NativeSelect, Paper, Stack, TextInput, Title } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { Link, useNavigate } from "react-router";
import { isRecord, postJson } from "../api/client";
import { type Row, text } from "../api/lists";
import { useRows } from "../api/rows";
import { useMay, useSession } from "../api/session";
import { useI18n } from "../i18n";
import { useDesk } from "../phone/context";
import { Fault } from "../shell/Fault";
import { Rows } from "../shell/Rows";

/** The flows of the account; each opens in the designer. A new one begins with a template. */
export default function Flows() {
  const { t } = useI18n();
  const { account_sid } = useSession();
  const { develop } = useMay();
  const desk = useDesk();
  const base = `/restcomm/2012-04-24/Accounts/${account_sid}`;
  const flows = useRows(`${base}/Flows.json?PageSize=1000`, "flows");
  return (
    <Stack>
      <Title order={1}>{t("nav.flows")}</Title>
      {develop && <Begin base={base} />}
      <Rows query={flows} title={t("nav.flows")} empty={t("flows.empty")} columns={[
        { label: t("field.name"), show: (flow) => <Anchor component={Link} to={`/flows/${text(flow, "sid")}`} underline="always">{text(flow, "name") || text(flow, "sid")}</Anchor> },
        { label: t("field.status"), show: (flow) => <Badge variant="default" tt="none">{text(flow, "published_revision") ? t("flows.published", { number: text(flow, "published_revision") }) : t("flows.draft")}</Badge> },
        ...(desk.allowed ? [{ label: t("field.action"), show: (flow: Row) => text(flow, "published_revision") && <Button size="xs" variant="default" disabled={desk.talking !== null} onClick={() => desk.call(text(flow, "sid"), text(flow, "name"))}>{t("flows.call", { name: text(flow, "name") })}</Button> }] : []),
      ]} />
    </Stack>
  );
}

function Begin({ base }: { base: string }) {
  const { t } = useI18n();
  const navigate = useNavigate();
  const templates = useRows(`${base}/FlowTemplates.json`, "templates");
  const [name, setName] = useState("");
  const [template, setTemplate] = useState("blank");
  const create = useMutation({
    mutationFn: () => postJson(`${base}/Flows.json`, { name, template }),
    onSuccess: (made) => navigate(`/flows/${text(isRecord(made) ? made : undefined, "sid")}`),
  });
  return (
    <Paper withBorder p="md">
      <form onSubmit={(event) => { event.preventDefault(); create.mutate(); }}>
        <Group align="end">
          <TextInput label={t("field.name")} required maxLength={64} value={name} onChange={(event) => setName(event.currentTarget.value)} />
          <NativeSelect label={t("flows.template")} value={template} onChange={(event) => setTemplate(event.currentTarget.value)} data={templates.data?.map((each) => ({ value: text(each, "id"), label: text(each, "name") })) ?? [{ value: "blank", label: "blank" }]} />
          <Button type="submit" loading={create.isPending}>{t("create.do")}</Button>
        </Group>
        <Fault error={create.error ?? templates.error} />
      </form>
    </Paper>
  );
}
