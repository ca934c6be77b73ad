using Spectre.Console;
using Spectre.Console.Rendering;

namespace CrossModal.Cli;

/// <summary>
/// Bars at the bottom of the terminal while any stage is open. Spectre draws bars from within a call that lasts as long as they do; here that call
/// waits on a thread of its own, so that stages may open and close wherever the job likes. The caller keeps threads apart.
/// </summary>
internal sealed class LiveBars(IAnsiConsole console)
{
    private static readonly TimeSpan RefreshRate = TimeSpan.FromSeconds(0.2);

    private readonly List<ProgressTask> _open = [];
    private ProgressContext? _context;
    private TaskCompletionSource? _end;
    private Task? _drawing;

    public bool Drawn => _context is not null;

    public ProgressTask Add(StageProgress progress)
    {
        var context = _context ??= Start();
        var bar = context.AddTask(Markup.Escape(progress.Name), autoStart: true, maxValue: Math.Max(1, progress.Total));
        bar.IsIndeterminate(progress.Total <= 0);
        bar.Tag = progress;
        _open.Add(bar);
        return bar;
    }

    public void Remove(ProgressTask bar)
    {
        if (!_open.Remove(bar))
            return;
        if (_open.Count == 0)
            Clear();
        else
            _context!.RemoveTask(bar);
    }

    /// <summary>Takes all bars down and shows the cursor again.</summary>
    public void Clear()
    {
        _open.Clear();
        if (_context is null)
            return;
        _end!.SetResult();
        _drawing!.GetAwaiter().GetResult();
        _context = null;
    }

    private ProgressContext Start()
    {
        var started = new TaskCompletionSource<ProgressContext>(TaskCreationOptions.RunContinuationsAsynchronously);
        var end = _end = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var progress = new Progress(console) { AutoClear = true, ExcludeVerticalPadding = true, RefreshRate = RefreshRate };
        progress.Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn { Width = 24 }, new PercentageColumn(), new DetailColumn());
        _drawing = Task.Run(() => progress.StartAsync(async context =>
        {
            started.SetResult(context);
            await end.Task;
        }));
        Task.WaitAny(started.Task, _drawing);
        if (!started.Task.IsCompleted)
            _drawing.GetAwaiter().GetResult();
        return started.Task.Result;
    }

    /// <summary>Count, rate, time left and what the job adds, cut at the terminal's edge.</summary>
    private sealed class DetailColumn : ProgressColumn
    {
        protected override bool NoWrap => true;

        public override IRenderable Render(RenderOptions options, ProgressTask task, TimeSpan deltaTime) =>
            new Text(((StageProgress)task.Tag!).Describe()) { Overflow = Overflow.Ellipsis };
    }
}
