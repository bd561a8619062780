import { useQuery, useQueryClient } from "@tanstack/react-query";
import { createContext, useContext, useEffect } from "react";
import { type Account, ApiError, get, leave, lookAt, onRefused, remember, type Session } from "./client";

export const SESSION = ["session"];

/** Who sits here: `null` when nobody has signed in. */
export function useSessionQuery() {
  const queries = useQueryClient();
  // Whoever is refused is asked to sign in where they are, and goes on there.
  useEffect(() => {
    onRefused(() => void queries.invalidateQueries({ queryKey: SESSION }));
    return () => onRefused(null);
  }, [queries]);
  return useQuery({
    queryKey: SESSION,
    retry: false,
    staleTime: 60_000,
    refetchInterval: 300_000,
    queryFn: async (): Promise<Session | null> => {
      try {
        return remember((await get("/console/api/session")) as Session);
      } catch (error) {
        if (error instanceof ApiError && error.status === 401) return null;
        throw error;
      }
    },
  });
}

/** After signing in or out: what was read for another person is forgotten. */
export function useSeat() {
  const queries = useQueryClient();
  return (session: Session | null) => {
    lookAt(null);
    if (!session) leave();
    // Not `clear()`: the session itself is being looked at, and would not be told.
    queries.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== SESSION[0] });
    queries.setQueryData(SESSION, session && remember(session));
  };
}

/** After the session was made longer: who sits there and what is looked at stays. */
export function useExtended() {
  const queries = useQueryClient();
  return (session: Session) => void queries.setQueryData(SESSION, remember(session));
}

/** Looks at an account below the own one, or with `null` at the own one again: what was read of the other is forgotten. */
export function useLookAt() {
  const queries = useQueryClient();
  return (account: Account | null) => {
    lookAt(account);
    queries.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== SESSION[0] });
    queries.setQueryData(SESSION, (session: Session | null | undefined) => session && remember(session));
  };
}

const Context = createContext<Session | null>(null);
export const SessionProvider = Context.Provider;

export function useSession(): Session {
  const session = useContext(Context);
  if (!session) throw new Error("nobody has signed in");
  return session;
}

/** What the API would let this person change: numbers and phones; everything but people and accounts. Nobody is shown a button that would be refused. */
export function useMay(): { provision: boolean; develop: boolean } {
  const { role } = useSession().person;
  const develop = role === "administrator" || role === "developer";
  return { develop, provision: develop || role === "provisioning-agent" };
}
