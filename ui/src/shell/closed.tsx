import { Link } from 'react-router';
import { useRead } from '@/api/hooks';
import { useIsAdmin } from '@/api/session';
import type { Shop } from '@/api/types/shop';
import classes from './scope-switch.module.css';

/** Across the top of every page while the shop is closed. */
export function ClosedBanner() {
  const admin = useIsAdmin();
  const { data } = useRead<Shop>('/shop');
  if (data?.state !== 'closed') return null;
  return (
    <div className={classes.closed} role="status">
      <strong>The shop is closed.</strong> Customers, stores and programs are turned away; here everything can be read and nothing changed.
      {admin && (
        <Link to="/settings" className={classes.leave}>
          Open it in the settings
        </Link>
      )}
    </div>
  );
}
