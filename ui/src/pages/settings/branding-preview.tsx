// The download page as it will look, while the colour is being chosen.
import { Text } from '@mantine/core';
import { Section } from '@/parts';
import classes from './settings.module.css';

const ours = '#1f5fd0';

export function BrandingPreview({ name, logo, accent, message }: { name: string; logo: string; accent: string; message: string }) {
  const colour = /^#[0-9a-f]{6}$/i.test(accent) ? accent : ours;
  const onWhite = contrast(colour, '#ffffff');
  return (
    <Section title="Preview" lead="A customer’s download page, in short.">
      <div className={classes.preview} aria-label="Preview of the download page" role="img">
        <div className={classes.page} style={{ borderTop: `4px solid ${colour}` }}>
          {/^https?:\/\//.test(logo) ? <img src={logo} alt="" className={classes.logo} /> : <strong>{name}</strong>}
          <h3>Field Recordings, Volume 1</h3>
          <p>Order #1001, 3 of 3 copies left</p>
          {message !== '' && <p>{message}</p>}
          <div className={classes.file}>
            <span>
              booklet.pdf
              <p>PDF, 12.4 MB</p>
            </span>
            <span className={classes.fake} style={{ background: colour, color: onWhite >= 4.5 ? '#ffffff' : '#171a1f' }}>
              Download
            </span>
          </div>
        </div>
      </div>
      {onWhite < 3 && (
        <Text size="sm" mt="sm">
          This colour is light: links on white would be hard to read. A darker one (contrast of 4.5 and more; this has {onWhite.toFixed(1)}) serves everyone.
        </Text>
      )}
    </Section>
  );
}

/** The contrast of two colours, by WCAG. */
export function contrast(a: string, b: string): number {
  const [x, y] = [luminance(a), luminance(b)];
  return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05);
}

function luminance(hex: string): number {
  const part = (at: number): number => {
    const v = parseInt(hex.slice(at, at + 2), 16) / 255;
    return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
  };
  return 0.2126 * part(1) + 0.7152 * part(3) + 0.0722 * part(5);
}
