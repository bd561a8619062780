import { ActionIcon, Anchor, Group, Paper, Stack, Text, Textarea, Title } from "@mantine/core";
import { IconVolume } from "@tabler/icons-react";
import { setProperty } from "../model/edit";
import { missingIn, type SpokenText, textsOf } from "../model/texts";
import { nodeOf, titleOf } from "../model/document";
import { useDesigner, useFlow } from "../state/context";
import { useWords } from "../words";

/** Texts drawn at once; the steps that miss something come first. */
const SHOWN_MAX = 200;

/** All that people hear or read, by step and language: what is missing first. */
export function Texts() {
  const { schema } = useDesigner();
  const flow = useFlow();
  const w = useWords();
  const languages = flow.languages ?? [];
  const texts = textsOf(flow, schema.kinds);
  const missing = texts.reduce((count, each) => count + missingIn(each, languages).length, 0);
  const ordered = [...texts].sort((a, b) => missingIn(b, languages).length - missingIn(a, languages).length);
  if (texts.length === 0) return <Text size="sm">{w("texts.none")}</Text>;
  return (
    <Stack gap="sm">
      <Text size="sm" role="status">{missing === 0 ? w("texts.whole") : w("texts.missing", { count: missing })}</Text>
      {ordered.slice(0, SHOWN_MAX).map((text) => <One key={`${text.node} ${text.path.join(".")}`} text={text} languages={languages} />)}
    </Stack>
  );
}

function One({ text, languages }: { text: SpokenText; languages: readonly string[] }) {
  const { store, show } = useDesigner();
  const flow = useFlow();
  const w = useWords();
  const { node, path, words } = text;
  const name = titleOf(nodeOf(flow, node) ?? { id: node, type: "" });
  const missing = missingIn(text, languages);
  const set = (value: string | Record<string, string>, key: string) => store.getState().change((before) => setProperty(before, node, path, value), `property:${node}:${path.join(".")}:${key}`);
  const done = () => store.getState().endGesture();
  const each = typeof words === "string" ? [["", words] as const] : [...new Set([...languages, ...Object.keys(words)])].map((language) => [language, words[language] ?? ""] as const);
  return (
    <Paper withBorder p="xs">
      <Stack gap={6}>
        <Group justify="space-between" wrap="nowrap">
          <Title order={3} size="h6"><Anchor component="button" type="button" inherit onClick={() => { store.getState().select([node]); show(node); }}>{name}</Anchor></Title>
          <Text size="xs">{path.filter((part) => typeof part === "string").map((part) => w.term("prop", String(part))).join(" · ")}</Text>
        </Group>
        {each.map(([language, value]) => (
          <Group key={language} gap={4} align="flex-end" wrap="nowrap">
            <Textarea size="xs" flex={1} autosize minRows={1} maxRows={6} label={language === "" ? w("texts.all") : language} value={value} onBlur={done}
              error={language === "" ? missing.length > 0 && w("texts.empty") : missing.includes(language) && w("texts.empty")}
              onChange={(event) => set(typeof words === "string" ? event.currentTarget.value : { ...words, [language]: event.currentTarget.value }, language)} />
            <Hear text={value} language={language || (languages[0] ?? "")} label={w("texts.hear", { name: [name, language].filter(Boolean).join(", ") })} />
          </Group>
        ))}
      </Stack>
    </Paper>
  );
}

/** The text as a voice of this browser says it: how long it is, and how it sounds, not the voice that callers hear. */
function Hear({ text, language, label }: { text: string; language: string; label: string }) {
  if (!("speechSynthesis" in window)) return null;
  const hear = () => {
    const spoken = new SpeechSynthesisUtterance(text.replace(/\{\{.*?\}\}/g, "…"));
    spoken.lang = language;
    window.speechSynthesis.cancel();
    window.speechSynthesis.speak(spoken);
  };
  return <ActionIcon variant="default" size="md" aria-label={label} title={label} disabled={text.trim() === ""} onClick={hear}><IconVolume size={16} aria-hidden /></ActionIcon>;
}
