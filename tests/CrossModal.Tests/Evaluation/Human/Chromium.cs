using System.Diagnostics;
using System.Net.WebSockets;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace CrossModal.Tests.Evaluation.Human;

/// <summary>
/// A headless Chromium and one page in it, driven through the DevTools protocol (https://chromedevtools.github.io/devtools-protocol/) over
/// its WebSocket.
/// </summary>
internal sealed class Chromium : IAsyncDisposable
{
    private static readonly string[] Names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

    private readonly Process _process;
    private readonly string _profile;
    private readonly ClientWebSocket _socket = new();
    private readonly List<JsonNode> _events = [];
    private readonly CancellationToken _cancel;
    private string? _session;
    private int _asked;

    private Chromium(Process process, string profile, CancellationToken cancel) =>
        (_process, _profile, _cancel) = (process, profile, cancel);

    /// <summary>The program on the PATH; null where there is none.</summary>
    public static string? Find() =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
        .SelectMany(folder => Names.Select(name => Path.Combine(folder, name)))
        .FirstOrDefault(File.Exists);

    /// <summary>Opens a file as a user does.</summary>
    /// <param name="downloads">The folder that downloads are saved in.</param>
    public static async Task<Chromium> Open(string program, string path, string downloads, int width, int height, bool dark,
        CancellationToken cancel)
    {
        var profile = Directory.CreateTempSubdirectory("crossmodal-chromium-").FullName;
        var start = new ProcessStartInfo(program,
        [
            "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--mute-audio",
            "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream", "--autoplay-policy=no-user-gesture-required",
            "--remote-debugging-port=0", $"--user-data-dir={profile}",
            $"--window-size={width},{height}", "about:blank",
        ])
        { RedirectStandardError = true, RedirectStandardOutput = true };
        var browser = new Chromium(Process.Start(start)!, profile, cancel);
        try
        {
            await browser._socket.ConnectAsync(new Uri(await browser.Address()), cancel);
            var target = await browser.Ask("Target.createTarget", new JsonObject { ["url"] = "about:blank" });
            var attached = await browser.Ask("Target.attachToTarget",
                new JsonObject { ["targetId"] = target["targetId"]!.DeepClone(), ["flatten"] = true });
            browser._session = (string)attached["sessionId"]!;
            await browser.Ask("Page.enable");
            await browser.Ask("Log.enable");
            await browser.Ask("Runtime.enable");
            await browser.Ask("Network.enable");
            await browser.Ask("Page.setDownloadBehavior", new JsonObject { ["behavior"] = "allow", ["downloadPath"] = downloads });
            await browser.Resize(width, height, dark);
            await browser.Navigate(new Uri(path).AbsoluteUri);
            return browser;
        }
        catch
        {
            await browser.DisposeAsync();
            throw;
        }
    }

    /// <summary>
    /// What the page complained of: errors in scripts and blocked or failed requests. A sound that gives way to the next one before it is
    /// loaded is none.
    /// </summary>
    public IEnumerable<string> Complaints => _events.Where(message => (string?)message["method"] switch
    {
        "Log.entryAdded" or "Runtime.exceptionThrown" => true,
        "Network.loadingFailed" => (bool?)message["params"]!["canceled"] != true,
        _ => false,
    }).Select(message => message.ToJsonString());

    /// <summary>Addresses that the page asked for, data that it has in itself aside.</summary>
    public IEnumerable<string> Requests => _events.Where(message => (string?)message["method"] == "Network.requestWillBeSent")
        .Select(message => (string)message["params"]!["request"]!["url"]!).Where(url => !url.StartsWith("data:", StringComparison.Ordinal));

    public Task Resize(int width, int height, bool dark) => Both(
        Ask("Emulation.setDeviceMetricsOverride",
            new JsonObject { ["width"] = width, ["height"] = height, ["deviceScaleFactor"] = 1, ["mobile"] = false }),
        () => Ask("Emulation.setEmulatedMedia",
            new JsonObject
            {
                ["features"] =
            new JsonArray(new JsonObject { ["name"] = "prefers-color-scheme", ["value"] = dark ? "dark" : "light" })
            }));

    public async Task Navigate(string url)
    {
        _events.RemoveAll(message => (string?)message["method"] == "Page.loadEventFired");
        await Ask("Page.navigate", new JsonObject { ["url"] = url });
        while (!_events.Any(message => (string?)message["method"] == "Page.loadEventFired"))
            _events.Add(await Receive());

        // The event may have been that of the page before. What stands behind the # is the page's own to change.
        await Until($"location.href.split('#')[0] === '{url.Split('#')[0]}' && document.readyState === 'complete'");
    }

    /// <summary>Presses and releases a key: a character, or the name of a key as <c>KeyboardEvent.key</c> has it.</summary>
    public async Task Press(string key)
    {
        var text = key switch { "Enter" => "\r", { Length: 1 } => key, _ => null };
        var code = key switch
        {
            "Enter" => 13,
            "Backspace" => 8,
            "Tab" => 9,
            "ArrowLeft" => 37,
            "ArrowRight" => 39,
            _ =>
            char.ToUpperInvariant(key[0])
        };
        foreach (var type in new[] { text is null ? "rawKeyDown" : "keyDown", "keyUp" })
        {
            var press = new JsonObject { ["type"] = type, ["key"] = key, ["windowsVirtualKeyCode"] = code };
            if (text is not null && type == "keyDown")
                press["text"] = text;
            await Ask("Input.dispatchKeyEvent", press);
        }
    }

    public async Task Type(string text)
    {
        foreach (var character in text)
            await Press(character.ToString());
    }

    /// <summary>The value of an expression, awaited where it is a promise.</summary>
    public async Task<string> Evaluate(string expression)
    {
        var answer = await Ask("Runtime.evaluate",
            new JsonObject { ["expression"] = expression, ["awaitPromise"] = true, ["returnByValue"] = true });
        Assert.True(answer["exceptionDetails"] is null, answer.ToJsonString());
        return answer["result"]!["value"]?.ToString() ?? "";
    }

    /// <summary>Waits until an expression is true.</summary>
    /// <param name="patience">How long at most; ten seconds where it is not given.</param>
    public async Task Until(string expression, TimeSpan? patience = null)
    {
        for (var begin = Stopwatch.GetTimestamp(); !await Holds(); await Task.Delay(20, _cancel))
            Assert.True(Stopwatch.GetElapsedTime(begin) < (patience ?? TimeSpan.FromSeconds(10)), $"in vain: {expression}");

        async Task<bool> Holds()
        {
            try
            {
                return await Evaluate($"String(Boolean({expression}))") == "true";
            }
            catch (InvalidOperationException)
            {
                // The page is being loaded anew, and what was asked of the old one has no answer.
                return false;
            }
        }
    }

    /// <summary>Leaves a picture of what is seen, as <c>.png</c> or <c>.webp</c>.</summary>
    public async Task Screenshot(string path)
    {
        var format = Path.GetExtension(path)[1..];
        var answer = await Ask("Page.captureScreenshot", format == "webp"
            ? new JsonObject { ["format"] = format, ["quality"] = 80 } : new JsonObject { ["format"] = format });
        await File.WriteAllBytesAsync(path, Convert.FromBase64String((string)answer["data"]!), _cancel);
    }

    public async ValueTask DisposeAsync()
    {
        _socket.Dispose();
        _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync(CancellationToken.None);
        _process.Dispose();
        for (var attempt = 0; Directory.Exists(_profile); attempt++)
        {
            try
            {
                Directory.Delete(_profile, recursive: true);
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                // One of its processes is still writing. What it leaves in the temporary folder in the end is no failure of the page.
                if (attempt == 50)
                    return;
                await Task.Delay(100, CancellationToken.None);
            }
        }
    }

    private static async Task Both(Task first, Func<Task> second)
    {
        await first;
        await second();
    }

    /// <summary>
    /// Chromium says on its standard error where it listens; what it says later must be read, or it would wait for its reader.
    /// </summary>
    private async Task<string> Address()
    {
        const string Sign = "DevTools listening on ";
        var said = new List<string>();
        while (await _process.StandardError.ReadLineAsync(_cancel).AsTask().WaitAsync(TimeSpan.FromSeconds(30), _cancel) is { } line)
        {
            said.Add(line);
            if (!line.StartsWith(Sign, StringComparison.Ordinal))
                continue;
            _process.ErrorDataReceived += (_, _) => { };
            _ = Task.Run(() => _process.StandardError.ReadToEndAsync(CancellationToken.None), CancellationToken.None);
            _ = Task.Run(() => _process.StandardOutput.ReadToEndAsync(CancellationToken.None), CancellationToken.None);
            return line[Sign.Length..];
        }

        throw new InvalidOperationException($"Chromium ended: {string.Join(' ', said)}");
    }

    private async Task<JsonNode> Ask(string method, JsonObject? parameters = null)
    {
        var id = ++_asked;
        var request = new JsonObject { ["id"] = id, ["method"] = method, ["params"] = parameters ?? [] };
        if (_session is not null)
            request["sessionId"] = _session;
        await _socket.SendAsync(JsonSerializer.SerializeToUtf8Bytes(request), WebSocketMessageType.Text, true, _cancel);
        while (true)
        {
            var message = await Receive();
            if ((int?)message["id"] == id)
                return message["result"] ?? throw new InvalidOperationException($"{method}: {message["error"]!.ToJsonString()}");
            if (message["method"] is not null)
                _events.Add(message);
        }
    }

    private async Task<JsonNode> Receive()
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(_cancel);
        limit.CancelAfter(TimeSpan.FromSeconds(30));
        using var text = new MemoryStream();
        var buffer = new byte[1 << 16];
        WebSocketReceiveResult part;
        do
        {
            part = await _socket.ReceiveAsync(buffer, limit.Token);
            text.Write(buffer, 0, part.Count);
        }
        while (!part.EndOfMessage);
        return JsonNode.Parse(text.ToArray())!;
    }
}
