/** The wire shapes of the native door. Requests are closed and bounded; answers may gain members. */
export * from './administration.ts';
export * from './common.ts';
export * from './datasets.ts';
export * from './discovery.ts';
export * from './events.ts';
export * from './identity.ts';
export * from './sign-in.ts';
export * from './sources.ts';
export * from './system.ts';
export * from './work.ts';
export * from './workspaces.ts';
