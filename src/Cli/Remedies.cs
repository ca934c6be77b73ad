using CrossModal.Data;
using CrossModal.Experiments;
using CrossModal.Kernels;
using CrossModal.Runs;
using CrossModal.Tensors;

namespace CrossModal.Cli;

/// <summary>What a user of the command line can do about an error. The libraries below know of no command line.</summary>
internal static class Remedies
{
    /// <summary>What the library says, and which option or command of the program helps.</summary>
    public static string Describe(Exception error) => error switch
    {
        RunExistsException { CanContinue: true } taken => $"--out {error.Message}, or continue it with --resume {taken.Folder}",
        SettingException refused => $"--{refused.Setting} {error.Message}",
        ExperimentStoppedException stopped => $"{error.Message}; the same command with --out {stopped.Folder} continues",
        RunStoppedException stopped => $"{error.Message}; continue with --resume {stopped.Folder}",
        UnfinishedRunException unfinished => $"{error.Message}; continue it with --resume {unfinished.Folder}",
        UnusableDataException { Problems.Count: > 1 } data =>
            $"{error.Message}; see them all: {CommandTree.ProgramName} data inspect {data.Folder}",
        DeviceException { Problem: DeviceProblem.OutOfMemory } => $"{error.Message}; try a smaller --batch",
        DeviceException { Problem: DeviceProblem.Unavailable } => $"{error.Message}; or use --device cpu",
        DeviceException { Problem: DeviceProblem.Lost } => $"{error.Message}: run the same with --device cuda-sim",
        DeviceException { Setting: nameof(DeviceSettings.Name) } => $"--device {error.Message}",
        DeviceException { Setting: nameof(DeviceSettings.Precision) } =>
            $"--precision: {error.Message}; leave --precision out, take bf16, or --device cuda or cuda-sim",
        DeviceException { Setting: nameof(DeviceSettings.MatrixProducts) } => $"--gemm library: {error.Message}; leave the option out",
        DeviceException { Setting: nameof(DeviceSettings.Convolutions) } => $"--conv library: {error.Message}; leave the option out",
        _ => error.Message,
    };
}
