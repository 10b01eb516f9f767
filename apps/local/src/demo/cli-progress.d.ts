/** The part of cli-progress that is used here; the package brings no types. */
declare module "cli-progress" {
  export interface Bar {
    update(value: number, payload: Record<string, string>): void;
  }

  class MultiBar {
    constructor(options: {
      format: string;
      stream: NodeJS.WriteStream;
      barsize: number;
      barCompleteChar: string;
      barIncompleteChar: string;
      hideCursor: boolean;
    });
    create(total: number, startValue: number, payload: Record<string, string>): Bar;
    stop(): void;
  }

  const cliProgress: { MultiBar: typeof MultiBar };
  export default cliProgress;
}
