/**
 * The console: a browser application over the native REST door. It holds no rule of its own; what the server refuses
 * it shows, with what to do about it. Signed in is who holds the session's cookie, which scripts cannot read.
 *
 * Folders: `api` the server as hooks; `components` what screens share; `layout` the frame around them; `routes` the
 * roots of the route tree; `screens` one folder an area, loaded when it is opened.
 */
import '@mantine/core/styles.css';
import '@mantine/notifications/styles.css';
import './style.css';
import { localStorageColorSchemeManager, MantineProvider } from '@mantine/core';
import { Notifications } from '@mantine/notifications';
import { QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { setNonce } from 'get-nonce';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { queryClient } from './api/query-client.ts';
import { styleNonce } from './nonce.ts';
import { router } from './router.tsx';
import { cssVariables, theme } from './theme.ts';

// What keeps the page behind a dialog from scrolling writes a style element of its own, and asks here.
setNonce(styleNonce());

const colorSchemes = localStorageColorSchemeManager({ key: 'headgate-color-scheme' });

createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <MantineProvider
      theme={theme}
      cssVariablesResolver={cssVariables}
      colorSchemeManager={colorSchemes}
      defaultColorScheme="auto"
      getStyleNonce={styleNonce}
    >
      <QueryClientProvider client={queryClient}>
        <Notifications position="bottom-right" />
        <RouterProvider router={router} />
      </QueryClientProvider>
    </MantineProvider>
  </StrictMode>,
);
