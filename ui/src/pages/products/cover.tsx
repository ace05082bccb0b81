import { useState } from 'react';
import classes from './products.module.css';

/** A product's name with its cover, or with its first letter. */
export function Cover({ url, name }: { url: string | null; name: string }) {
  const [broken, setBroken] = useState(false);
  return (
    <span className={classes.cover}>
      {url && !broken ? <img src={url} alt="" width={32} height={32} loading="lazy" onError={() => setBroken(true)} /> : <span aria-hidden>{name.charAt(0).toUpperCase()}</span>}
      <span className={classes.name}>{name}</span>
    </span>
  );
}
