import { json, jsonParseLinter } from "@codemirror/lang-json";
import { linter, lintGutter } from "@codemirror/lint";
import { EditorState } from "@codemirror/state";
import { oneDark } from "@codemirror/theme-one-dark";
import { Alert, Button, Stack, Text, useComputedColorScheme } from "@mantine/core";
import { basicSetup, EditorView } from "codemirror";
import { useEffect, useRef, useState } from "react";
import { isFlow } from "../model/read";
import { useDesigner, useFlow } from "../state/context";
import { useWords } from "../words";

/** The document as text; the same one the canvas shows. */
export default function Source() {
  const { store } = useDesigner();
  const flow = useFlow();
  const w = useWords();
  const scheme = useComputedColorScheme("light");
  const host = useRef<HTMLDivElement>(null);
  const editor = useRef<EditorView | null>(null);
  const [wrong, setWrong] = useState("");
  const name = w("source");
  useEffect(() => {
    if (!host.current) return;
    const view = new EditorView({
      parent: host.current,
      state: EditorState.create({
        doc: JSON.stringify(store.getState().flow, null, 2),
        extensions: [
          basicSetup, json(), linter(jsonParseLinter()), lintGutter(), EditorView.lineWrapping,
          EditorView.contentAttributes.of({ "aria-label": name, tabindex: "0" }),
          // The standard blend of the active line costs the numbers their contrast.
          EditorView.theme({ "&": { maxHeight: "60vh", border: "1px solid var(--mantine-color-default-border)" }, ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "transparent" }, ".cm-gutters": { color: "inherit" } }),
          // One Dark on its own ground misses AA by a little.
          ...(scheme === "dark" ? [EditorView.theme({ "&, .cm-gutters": { backgroundColor: "#16181d" } })] : []),
          ...(scheme === "dark" ? [oneDark] : []),
        ],
      }),
    });
    editor.current = view;
    return () => view.destroy();
  }, [store, scheme, name, flow]);
  const apply = () => {
    try {
      const value: unknown = JSON.parse(editor.current?.state.doc.toString() ?? "");
      const told = isFlow(value);
      setWrong(told === true ? "" : told);
      if (told === true) store.getState().change(() => value as typeof flow);
    } catch (error) {
      setWrong(error instanceof Error ? error.message : String(error));
    }
  };
  return (
    <Stack gap="xs">
      <Text size="sm">{w("source.about")}</Text>
      <div ref={host} />
      {wrong && <Alert variant="outline" color="red">{w("source.bad", { text: wrong })}</Alert>}
      <Button size="xs" onClick={apply}>{w("source.apply")}</Button>
    </Stack>
  );
}
