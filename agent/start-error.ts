/** Why a container cannot be started, in the words that users see as its waiting reason. */
export type StartReason =
  | 'CreateContainerConfigError'
  | 'CreateContainerError'
  | 'InvalidImageName'
  | 'ErrImageNeverPull'
  | 'ErrImagePull'
  | 'RunContainerError';

/** Shown in the container's status and tried again later; the pod itself has not failed. */
export class StartError extends Error {
  override readonly name = 'StartError';
  readonly reason: StartReason;

  constructor(reason: StartReason, message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}

export const configError = (message: string): StartError =>
  new StartError('CreateContainerConfigError', message);
