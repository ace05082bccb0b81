import { useParams } from 'react-router';
import { PageHeader, When } from '@/parts';
import { customerName } from './facts';
import { OrderStates } from './states';
import { OrderView } from './view';

export default function OrderPage() {
  const { id = '' } = useParams();
  return (
    <OrderView
      id={id}
      frame={({ order, actions }, body) => (
        <>
          <PageHeader
            title={order ? `Order ${order.name}` : 'Order'}
            state={order && <OrderStates order={order} />}
            lead={
              order && (
                <>
                  {customerName(order.customer) || order.customer.email || 'Without a customer'} · <When at={order.created_at} />
                </>
              )
            }
            back={{ to: '/orders', label: 'Orders' }}
            actions={actions}
          />
          {body}
        </>
      )}
    />
  );
}
