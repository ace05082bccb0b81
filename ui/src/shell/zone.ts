import { createContext, use } from 'react';

/** The shop's time zone, in which exact times are written. */
export const ZoneContext = createContext('UTC');

export function useZone(): string {
  return use(ZoneContext);
}
