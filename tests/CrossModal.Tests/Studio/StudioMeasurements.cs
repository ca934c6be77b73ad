using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using CrossModal.Kernels;
using CrossModal.Runs;
using CrossModal.Studio;
using CrossModal.Tests.Evaluation.Human;

namespace CrossModal.Tests.Studio;

/// <summary>
/// How fast the studio is, measured in a browser on the weights that ship. It is left out unless <c>CROSSMODAL_MEASURE_STUDIO</c> names the
/// file for the figures; it wants a machine that does nothing else.
/// </summary>
public sealed class StudioMeasurements : IDisposable
{
    private const int Rounds = 11, ManySteps = 100_000;

    private static readonly string? Report = Environment.GetEnvironmentVariable("CROSSMODAL_MEASURE_STUDIO");

    private readonly string _folder = Directory.CreateTempSubdirectory("crossmodal-measure-").FullName;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static string Models => Path.Combine(AppContext.BaseDirectory, "models");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task TheNumbersOfTheStudio()
    {
        Assert.SkipWhen(Report is null, "CROSSMODAL_MEASURE_STUDIO names no file");
        Assert.SkipWhen(Chromium.Find() is null, "no Chromium on the PATH");
        WriteLongRun();
        var figures = new JsonObject
        {
            ["page_and_libraries_bytes"] = StudioPage.TotalBytes,
            ["start_to_first_paint_ms"] = Spread(await FirstPaints()),
        };
        await using var server = await StudioServer.Start(new StudioOptions(Path.Combine(_folder, "runs"), null, 0) { Ships = Models },
            new DeviceSettings("cpu"));
        await using var browser = await Chromium.Open(Chromium.Find()!, server.Address + "play/pose-s2i", _folder, 1280, 900, dark: false,
            Cancel);
        await browser.Until("document.querySelector('.keys button')");
        figures["drop_to_picture_ms"] = Spread(await Drops(browser));
        (figures["pictures_a_second_through_a_song"], figures["between_pictures_ms"]) = await Song(browser);
        figures["saliency_of_a_patch_ms"] = Spread(await Maps(browser, "saliency?patch=24,24,16,16&method=gradient"));
        figures["occlusion_of_a_patch_ms"] = Spread(await Maps(browser, "saliency?patch=24,24,16,16&method=occlusion"));
        figures["pixels_of_a_part_silenced_ms"] = Spread(await Maps(browser, "pixels?region=8,16,12,32&method=silence"));
        figures["pixels_of_a_part_gradient_ms"] = Spread(await Maps(browser, "pixels?region=8,16,12,32&method=gradient"));
        await OpenLongRun(browser, figures);
        await File.WriteAllTextAsync(Report!, figures.ToJsonString(new JsonSerializerOptions { WriteIndented = true }) + "\n", Cancel);
    }

    /// <summary>From the start of the program to the first paint in a browser that is open and has loaded nothing.</summary>
    private async Task<double[]> FirstPaints()
    {
        var times = new double[Rounds];
        for (var round = 0; round < Rounds; round++)
        {
            await using var browser = await Chromium.Open(Chromium.Find()!, "about:blank", _folder, 1280, 900, dark: false, Cancel);
            var begin = DateTimeOffset.UtcNow;
            using var program = Process.Start(new ProcessStartInfo("dotnet",
                ["exec", Path.Combine(AppContext.BaseDirectory, "crossmodal.dll"), "studio", "--no-open", "--port", "0"])
            {
                RedirectStandardOutput = true,
                WorkingDirectory = _folder,
            })!;
            var line = (await program.StandardOutput.ReadLineAsync(Cancel))!;
            await browser.Navigate(line[line.IndexOf("http", StringComparison.Ordinal)..].Trim());
            await browser.Until("performance.getEntriesByName('first-contentful-paint').length > 0");
            var painted = double.Parse(await browser.Evaluate(
                "String(performance.timeOrigin + performance.getEntriesByName('first-contentful-paint')[0].startTime)"),
                CultureInfo.InvariantCulture);
            times[round] = painted - begin.ToUnixTimeMilliseconds();
            program.Kill();
            await program.WaitForExitAsync(Cancel);
        }

        return times;
    }

    /// <summary>From a sound file that is chosen to its picture on the canvas, with the browser's decoding.</summary>
    private static Task<double[]> Drops(Chromium browser) => Numbers(browser, $$"""
        (async () => {
          const headers = { Authorization: 'Bearer ' + sessionStorage.token };
          const note = await (await fetch('api/instruments/violin/notes/69', { headers })).arrayBuffer();
          const samples = new Float32Array(note), wav = new DataView(new ArrayBuffer(44 + 2 * samples.length));
          const text = (at, letters) => [...letters].forEach((letter, i) => wav.setUint8(at + i, letter.charCodeAt(0)));
          text(0, 'RIFF'); wav.setUint32(4, 36 + 2 * samples.length, true); text(8, 'WAVEfmt '); wav.setUint32(16, 16, true);
          wav.setUint16(20, 1, true); wav.setUint16(22, 1, true); wav.setUint32(24, 44100, true); wav.setUint32(28, 88200, true);
          wav.setUint16(32, 2, true); wav.setUint16(34, 16, true); text(36, 'data'); wav.setUint32(40, 2 * samples.length, true);
          samples.forEach((sample, i) => wav.setInt16(44 + 2 * i, 32767 * Math.max(-1, Math.min(1, sample)), true));
          const { putImageData } = CanvasRenderingContext2D.prototype;
          let painted;
          CanvasRenderingContext2D.prototype.putImageData = function (...all) {
            putImageData.apply(this, all);
            if (this.canvas.matches('.picture')) painted?.(performance.now());
          };
          const times = [];
          for (let i = 0; i < {{Rounds + 1}}; i++) {
            const files = new DataTransfer(), input = document.querySelector('input[type=file]');
            files.items.add(new File([wav], 'a.wav'));
            const seen = new Promise(resolve => painted = resolve), begin = performance.now();
            input.files = files.files;
            input.dispatchEvent(new Event('change'));
            times.push(await seen - begin);
            painted = null;
            [...document.querySelectorAll('button')].find(button => button.textContent === 'Stop').click();
            await new Promise(wake => setTimeout(wake, 300));
          }
          CanvasRenderingContext2D.prototype.putImageData = putImageData;
          return times.slice(1).join(' ');
        })()
        """);

    /// <summary>Pictures a second of a song of eight seconds, and the times between them.</summary>
    private static async Task<(JsonNode Rate, JsonNode Between)> Song(Chromium browser)
    {
        var times = await Numbers(browser, """
            (async () => {
              const { putImageData } = CanvasRenderingContext2D.prototype, times = [];
              CanvasRenderingContext2D.prototype.putImageData = function (...all) {
                putImageData.apply(this, all);
                if (this.canvas.matches('.picture')) times.push(performance.now());
              };
              [...document.querySelectorAll('button')].find(button => button.textContent === 'Play a song').click();
              await new Promise(wake => setTimeout(wake, 8000));
              CanvasRenderingContext2D.prototype.putImageData = putImageData;
              return times.join(' ');
            })()
            """);
        return (Math.Round((times.Length - 1) * 1000 / (times[^1] - times[0]), 1),
            Spread([.. times.Skip(1).Zip(times, (after, before) => after - before)]));
    }

    /// <summary>
    /// What of the sound moves a patch of 16 × 16 pixels, or which pixels a part of it moves, from the request to the answer in the page.
    /// </summary>
    private static Task<double[]> Maps(Chromium browser, string asked) => Numbers(browser, $$"""
        (async () => {
          const headers = { Authorization: 'Bearer ' + sessionStorage.token };
          const note = await (await fetch('api/instruments/violin/notes/69', { headers })).arrayBuffer(), times = [];
          for (let i = 0; i < {{Rounds + 1}}; i++) {
            const begin = performance.now();
            const answer = await fetch('api/runs/pose-s2i/{{asked}}&noise=0,0,0,0,0,0,0,0,0,0',
              { method: 'POST', headers, body: note.slice(0, 4 * 22050) });
            await answer.json();
            if (!answer.ok) throw new Error(answer.status);
            times.push(performance.now() - begin);
          }
          return times.slice(1).join(' ');
        })()
        """);

    /// <summary>A run of many steps: how long until its curves stand there, and how smoothly it scrolls.</summary>
    private static async Task OpenLongRun(Chromium browser, JsonObject figures)
    {
        await browser.Evaluate("location.hash = '#runs'; 0");
        await browser.Until("document.querySelector('h1')?.textContent === 'Runs'");
        var begin = Stopwatch.GetTimestamp();
        await browser.Evaluate("location.hash = '#run/long'; 0");
        await browser.Until(
            "document.querySelector('h1')?.textContent.startsWith('long') && document.querySelectorAll('.chart canvas').length >= 2");
        figures["open_a_run_of_100000_steps_ms"] = Math.Round(Stopwatch.GetElapsedTime(begin).TotalMilliseconds);
        var frames = await Numbers(browser, """
            (async () => {
              const times = [], over = document.querySelector('.chart canvas').parentElement, box = over.getBoundingClientRect();
              for (let frame = 0; frame < 180; frame++) {
                times.push(await new Promise(requestAnimationFrame));
                scrollTo(0, 4 * (frame % 90));
                over.dispatchEvent(new MouseEvent('mousemove', { clientX: box.x + 5 * (frame % 90), clientY: box.y + 20, bubbles: true }));
              }
              return times.slice(1).map((time, i) => time - times[i]).join(' ');
            })()
            """);
        figures["frame_while_scrolling_ms"] = Spread(frames);
    }

    /// <summary>The settings of a run that ships, and what many steps leave.</summary>
    private void WriteLongRun()
    {
        var run = Directory.CreateDirectory(Path.Combine(_folder, "runs", "long")).FullName;
        File.Copy(Path.Combine(Models, "pose-s2i", "run.json"), Path.Combine(run, "run.json"));
        LongRun.Write(new RunFolder(run), ManySteps);
    }

    private static async Task<double[]> Numbers(Chromium browser, string expression) =>
        Array.ConvertAll((await browser.Evaluate(expression)).Split(' '), text => double.Parse(text, CultureInfo.InvariantCulture));

    /// <summary>The median, the least, the 95th of a hundred, the most.</summary>
    private static JsonObject Spread(double[] values)
    {
        var sorted = values.Order().ToArray();
        return new JsonObject
        {
            ["median"] = At(0.5),
            ["least"] = At(0),
            ["p95"] = At(0.95),
            ["most"] = At(1),
            ["count"] = sorted.Length,
        };

        double At(double share) => Math.Round(sorted[(int)Math.Round(share * (sorted.Length - 1))], 1);
    }
}
