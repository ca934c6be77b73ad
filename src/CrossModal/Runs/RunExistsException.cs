namespace CrossModal.Runs;

/// <summary>A run was to begin in the folder of another one.</summary>
/// <param name="folder">The run folder.</param>
internal sealed class RunExistsException(string folder)
    : SettingException("out", $"{folder}: a run is there already; choose another folder")
{
    public string Folder => folder;
}
