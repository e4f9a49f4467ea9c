/** Pictures of users and workspaces (chorus.md §4.7). */
import type { FastifyReply } from 'fastify';
import type { PictureOwner } from '../../domain/workspaces/index.ts';
import { idOf } from './params.ts';
import { presentImage } from './present.ts';
import { type ChorusCall, enveloped, type Routes } from './routes.ts';
import type { ChorusServices } from './services.ts';
import { pictureBodies, sendFile, uploadOf } from './uploads.ts';

export function registerPictures(routes: Routes, { pictures }: ChorusServices): void {
  const owners = [
    ['user', 'users', 'User'],
    ['workspace', 'workspaces', 'Workspace'],
  ] as const;
  for (const [owner, plural, name] of owners) {
    const path = `/${plural}/:id/image`;
    const show = async ({ principal, reply, id }: ChorusCall): Promise<FastifyReply> =>
      sendFile(reply, await shownPicture(pictures, principal, owner, id('id')));
    routes.add({ method: 'GET', path, id: `get${name}Image`, tag: 'images', summary: 'The picture.' }, show);
    routes.add(
      {
        method: 'POST',
        path,
        id: `put${name}Image`,
        tag: 'images',
        summary: 'Set the picture.',
        bodyLimit: pictureBodies,
      },
      async ({ principal, params, id }) => {
        const picture = await pictures.put(principal, owner, id('id'), uploadOf(params));
        return enveloped(presentImage(plural, id('id'), picture));
      },
    );
    routes.addOutside(
      {
        method: 'GET',
        path: `/paperclip/${plural}/images/:a/:b/:c/:style/:file`,
        id: `get${name}Picture`,
        tag: 'images',
        summary: 'The same under its own address.',
      },
      async ({ principal, request, reply }) => {
        const { a = '', b = '', c = '' } = request.params as Record<string, string>; // the router gives texts
        return sendFile(reply, await shownPicture(pictures, principal, owner, idOf(`${a}${b}${c}`) ?? 0));
      },
    );
  }
}

async function shownPicture(
  pictures: ChorusServices['pictures'],
  principal: ChorusCall['principal'],
  owner: PictureOwner,
  id: number,
): Promise<{ mediaType: string; content: Buffer }> {
  const { mediaType, content } = await pictures.get(principal, owner, id);
  return { mediaType, content };
}
