import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { ApiError, get, isRecord, post, remove } from "./client";
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
export function useOne(path: string, refetchInterval: number | false = false) {
  return useQuery({ queryKey: ["one", path], refetchInterval, queryFn: async (): Promise<Row> => { const one = await get(path); return isRecord(one) ? one : {}; } });
}

/** One resource that may be absent, which is `null`. */
export function useMaybe(path: string) {
  return useQuery({
    queryKey: ["one", path, "maybe"],
    queryFn: async (): Promise<Row | null> => {
      try {
        const one = await get(path);
        return isRecord(one) ? one : {};
      } catch (error) {
        if (error instanceof ApiError && error.status === 404) return null;
        throw error;
      }
    },
  });
}

/** A change; everything read by {@link useRows} and {@link useOne} is then read again. Without a form it deletes. */
export function useChange(done?: (answer: unknown) => void) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ path, form }: { path: string; form?: Record<string, string> }) => (form ? post(path, form) : remove(path)),
    onSuccess: async (answer: unknown) => {
      done?.(answer);
      await Promise.all([queries.invalidateQueries({ queryKey: ["rows"] }), queries.invalidateQueries({ queryKey: ["one"] })]);
    },
  });
}
