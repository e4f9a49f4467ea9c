import { EmptyState } from '../../components/empty-state.tsx';
import { Screen } from '../../components/screen.tsx';

export function System() {
  return (
    <Screen title="System">
      <EmptyState title="Nothing to see here yet" />
    </Screen>
  );
}
