import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { get, isRecord, post, remove } from "./client";
import { type Row, rows } from "./lists";

/** The first page of a list at any path, bare or in an envelope. */
export function useRows(path: string, member: string, refetchInterval: number | false = false) {
  return useQuery({
    queryKey: ["rows", path],
    refetchInterval,
    queryFn: async (): Promise<Row[]> => {
      const page = await get(path);
      return rows(isRecord(page) ? page[member] : page);
    },
  });
}

/** One resource at any path. */
export function useOne(path: string) {
  return useQuery({ queryKey: ["one", path], queryFn: async (): Promise<Row> => { const one = await get(path); return isRecord(one) ? one : {}; } });
}

/** A change; everything read by {@link useRows} and {@link useOne} is then read again. Without a form it deletes. */
export function useChange(done?: () => void) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ path, form }: { path: string; form?: Record<string, string> }) => (form ? post(path, form) : remove(path)),
    onSuccess: async () => {
      done?.();
      await Promise.all([queries.invalidateQueries({ queryKey: ["rows"] }), queries.invalidateQueries({ queryKey: ["one"] })]);
    },
  });
}
