// Titles of tabs, and whether the page came by a navigation inside.
import { createContext, use, useEffect } from 'react';

export interface Place {
  /** Shop and mode, at the end of each tab's title. */
  suffix: string;
  /** The page came by a navigation: the focus goes to its title. */
  moved: boolean;
}

export const PlaceContext = createContext<Place>({ suffix: 'Purvey', moved: false });

export function usePageTitle(title: string): boolean {
  const { suffix, moved } = use(PlaceContext);
  useEffect(() => {
    document.title = title === '' ? suffix : `${title} · ${suffix}`;
  }, [title, suffix]);
  return moved;
}
