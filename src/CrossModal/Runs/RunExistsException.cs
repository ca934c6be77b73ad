namespace CrossModal.Runs;

/// <summary>A run was to begin in the folder of another one.</summary>
/// <param name="folder">The run folder.</param>
/// <param name="canContinue">Whether a run of the kind that was to begin can be continued; networks that are trained alone cannot.</param>
internal sealed class RunExistsException(string folder, bool canContinue)
    : SettingException("out", $"{folder}: a run is there already; choose another folder")
{
    public string Folder => folder;

    public bool CanContinue => canContinue;
}
