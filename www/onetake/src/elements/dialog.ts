/** What every dialog of ours has: its looks, and that a press beside it closes it. How wide it may be is its owner's. */

import { css } from 'lit';

export const dialogStyles = css`
  dialog {
    width: min(var(--_dialog-width), calc(100% - 32px));
    max-height: calc(100% - 32px);
    padding: 0;
    border: 1px solid var(--_line);
    border-radius: var(--_round-l);
    background: var(--_surface);
    color: inherit;
    font: inherit;
  }

  dialog::backdrop {
    background: rgb(0 0 0 / 0.6);
  }

  dialog form {
    padding: var(--_3) var(--_5) var(--_5);
  }

  dialog header {
    display: flex;
    align-items: center;
    justify-content: space-between;
    margin-right: calc(-1 * var(--_3));
  }

  dialog h2 {
    font-size: var(--_size-l);
  }
`;

/** Of a click on a dialog. */
export function closeOutside(event: Event): void {
  if (event.target === event.currentTarget) (event.currentTarget as HTMLDialogElement).close();
}
