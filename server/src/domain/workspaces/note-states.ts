/** What becomes of a note: plain → insight → published, and back (chorus.md §6.3). Every cell of the tables is filled. */

export type NoteState = 'note' | 'insight' | 'published';
export type NoteStep = 'promote' | 'demote' | 'publish' | 'unpublish';

/** The state after a step; null = the step is refused there. */
export const noteSteps: Readonly<Record<NoteState, Readonly<Record<NoteStep, NoteState | null>>>> = {
  note: { promote: 'insight', demote: null, publish: null, unpublish: null },
  insight: { promote: null, demote: 'note', publish: 'published', unpublish: null },
  published: { promote: null, demote: 'note', publish: 'published', unpublish: 'insight' },
};

/** The steps that lead from a state to another. */
export const noteWays: Readonly<Record<NoteState, Readonly<Record<NoteState, readonly NoteStep[]>>>> = {
  note: { note: [], insight: ['promote'], published: ['promote', 'publish'] },
  insight: { note: ['demote'], insight: [], published: ['publish'] },
  published: { note: ['demote'], insight: ['unpublish'], published: [] },
};

export const noteStates = Object.keys(noteSteps) as readonly NoteState[]; // the type forbids other keys

export function noteStateOf(note: { readonly isInsight: boolean; readonly published: boolean }): NoteState {
  if (!note.isInsight) return 'note';
  return note.published ? 'published' : 'insight';
}
