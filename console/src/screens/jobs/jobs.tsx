import { EmptyState } from '../../components/empty-state.tsx';
import { Screen } from '../../components/screen.tsx';

export function Jobs() {
  return (
    <Screen title="Jobs">
      <EmptyState title="Nothing to see here yet" />
    </Screen>
  );
}
