import { EmptyState } from '../../components/empty-state.tsx';
import { Screen } from '../../components/screen.tsx';

export function Audit() {
  return (
    <Screen title="Audit">
      <EmptyState title="Nothing to see here yet" />
    </Screen>
  );
}
