using Spectre.Console;
using Spectre.Console.Rendering;

namespace CrossModal.Cli;

/// <summary>
/// Bars at the bottom of the terminal while any stage is open. Spectre draws bars from within a call that lasts as long as they do; here
/// that call waits on a thread of its own, so that stages may open and close wherever the job likes. The caller keeps threads apart.
/// </summary>
internal sealed class LiveBars(IAnsiConsole console, TimeProvider time)
{
    private static readonly TimeSpan BetweenDrawings = TimeSpan.FromSeconds(0.2);

    private readonly List<ProgressTask> _open = [];
    private ProgressContext? _context;
    private TaskCompletionSource? _end;
    private Task? _drawing;
    private ITimer? _redraw;

    public bool Drawn => _context is not null;

    public ProgressTask Add(StageProgress progress)
    {
        var context = _context ??= Start();
        var bar = context.AddTask(Markup.Escape(progress.Name),
            new ProgressTaskSettings { AutoStart = true, MaxValue = Math.Max(1, progress.Total) });
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
        _redraw!.DisposeAsync().AsTask().Wait();
        _end!.SetResult();
        _drawing!.GetAwaiter().GetResult();
        _context = null;
    }

    /// <summary>Writes a line where the bars stand; they move down.</summary>
    public void WriteAbove(string text, Style style) => console.Write(new LineAbove(text, style));

    private ProgressContext Start()
    {
        var started = new TaskCompletionSource<ProgressContext>(TaskCreationOptions.RunContinuationsAsynchronously);
        var end = _end = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var progress = new Progress(console) { AutoClear = true, ExcludeVerticalPadding = true, AutoRefresh = false };
        progress.Columns(new StageColumn());
        _drawing = Task.Run(() => progress.StartAsync(async context =>
        {
            started.SetResult(context);
            await end.Task;
        }));
        Task.WaitAny(started.Task, _drawing);
        if (!started.Task.IsCompleted)
            _drawing.GetAwaiter().GetResult();
        var context = started.Task.Result;

        // Each drawing asks for the next: where a terminal is slow, they do not pile up.
        _redraw = time.CreateTimer(_ =>
        {
            context.Refresh();
            _redraw?.Change(BetweenDrawings, Timeout.InfiniteTimeSpan);
        }, null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _redraw.Change(BetweenDrawings, Timeout.InfiniteTimeSpan);
        return context;
    }

    /// <summary>The whole line of a stage, <see cref="StageLine"/>.</summary>
    private sealed class StageColumn : ProgressColumn
    {
        protected override bool NoWrap => true;

        /// <summary>A bar may be drawn in the moment between being added and being given its stage.</summary>
        public override IRenderable Render(RenderOptions options, ProgressTask task, TimeSpan deltaTime) =>
            task.Tag is StageProgress progress ? new StageLine(progress) : Text.Empty;
    }

    /// <summary>
    /// Spectre writes over the bars without erasing them, so what is longer than the line would stay: everything below is erased first.
    /// </summary>
    private sealed class LineAbove(string text, Style style) : Renderable
    {
        private const string EraseBelow = "\u001b[J";

        protected override IEnumerable<Segment> Render(RenderOptions options, int maxWidth) =>
            [Segment.Control(EraseBelow), .. ((IRenderable)new Text(text, style)).Render(options, maxWidth), Segment.LineBreak];
    }
}
