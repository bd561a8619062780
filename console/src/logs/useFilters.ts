import { useDebouncedValue } from "@mantine/hooks";
import { useState } from "react";
import { useSearchParams } from "react-router";

/** Filters of a list: what is in the fields, what is asked for once somebody stops typing, and how a field sets one. A link may give them. */
export function useFilters<Name extends string>(names: readonly Name[]) {
  const [told] = useSearchParams();
  const [values, setValues] = useState(() => new Map<Name, string>(names.map((name) => [name, told.get(name) ?? ""])));
  const [settled] = useDebouncedValue(values, 400);
  const field = (name: Name) => ({
    value: values.get(name) ?? "",
    onChange: (event: { currentTarget: { value: string } }) => {
      const { value } = event.currentTarget;
      setValues((before) => new Map(before).set(name, value));
    },
  });
  const asked: Record<string, string> = Object.fromEntries(settled);
  return { field, asked, any: Object.values(asked).some((value) => value !== "") };
}
