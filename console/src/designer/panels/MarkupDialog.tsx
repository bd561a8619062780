import { Alert, Anchor, Button, Code, Group, List, SegmentedControl, Stack, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useI18n } from "../../i18n";
import { api } from "../api";
import { nodeOf, titleOf } from "../model/document";
import { useDesigner, useEdited } from "../state/context";
import { useWords } from "../words";
import { finding } from "../words/findings";
import { Dialog } from "./Dialog";

/** The selected steps, or all, as documents of the call in both dialects. */
export function MarkupDialog({ onClose }: { onClose: () => void }) {
  const { show, say } = useDesigner();
  const { flow, selected } = useEdited((state) => state);
  const w = useWords();
  const { language } = useI18n();
  const [dialect, setDialect] = useState<"rcml" | "twiml">("rcml");
  const ids = flow.nodes.map((node) => node.id).filter((id) => selected.size === 0 || selected.has(id));
  const { data, error } = useQuery({ queryKey: ["flow-markup", flow, ids], queryFn: () => api.markup(flow, ids), gcTime: 0, retry: false });
  const name = (id: string) => titleOf(nodeOf(flow, id) ?? { id, type: "" });
  const list = (nodes: string[]) => new Intl.ListFormat(language, { type: "unit" }).format(nodes.map(name));
  return (
    <Dialog title={w("xml")} onClose={onClose}>
      <Stack gap="sm">
        <Text size="sm">{w("xml.about")}</Text>
        <SegmentedControl size="xs" aria-label={w("xml.dialect")} value={dialect} onChange={(chosen) => setDialect(chosen === "twiml" ? "twiml" : "rcml")}
          data={[{ value: "rcml", label: "RCML" }, { value: "twiml", label: "TwiML" }]} />
        {error && <Alert variant="outline" color="red">{w("failed", { text: error.message })}</Alert>}
        {data?.documents.length === 0 && <Text size="sm">{w("xml.none")}</Text>}
        {data?.documents.map((document, at) => {
          const title = w("xml.document", { number: at + 1, list: list(document.nodes) });
          return (
            <section key={document.nodes.join()} aria-label={title}>
              <Group justify="space-between" wrap="nowrap" mb={4}>
                <Title order={3} size="h6">{title}</Title>
                <Button size="compact-xs" variant="default" style={{ flexShrink: 0 }} onClick={() => void navigator.clipboard?.writeText(document[dialect]).then(() => say(w("xml.copied")))}>{w("xml.copy")}</Button>
              </Group>
              <Code block tabIndex={0} className="markup">{document[dialect]}</Code>
            </section>
          );
        })}
        {data && data.report.length > 0 && (
          <section aria-label={w("xml.notSaid")}>
            <Title order={3} size="h6" mb={4}>{w("xml.notSaid")}</Title>
            <List size="sm" spacing={4}>
              {data.report.map(({ node, text }) => (
                <List.Item key={`${node}:${text}`}>
                  {node && <><Anchor component="button" type="button" size="sm" underline="always" onClick={() => { onClose(); show(node); }}>{name(node)}</Anchor>{": "}</>}
                  {finding(text, language)}
                </List.Item>
              ))}
            </List>
          </section>
        )}
      </Stack>
    </Dialog>
  );
}
