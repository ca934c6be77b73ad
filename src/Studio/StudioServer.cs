using System.Net;
using System.Net.Sockets;
using CrossModal.Kernels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace CrossModal.Studio;

/// <summary>What the studio shows and where it listens.</summary>
/// <param name="Runs">The folder whose run folders are shown.</param>
/// <param name="Run">A run folder that is shown first; null for none.</param>
/// <param name="Port">The port of this machine; 0 for one that is free.</param>
internal sealed record StudioOptions(string Runs, string? Run, int Port)
{
    /// <summary>The folder of runs that came with the program; null for none.</summary>
    public string? Ships { get; init; }
}

/// <summary>
/// The studio's web server. It listens on this machine's loopback address alone; whoever asks for anything but the page itself must bring
/// the token that stands behind the # of its address.
/// </summary>
internal sealed class StudioServer : IAsyncDisposable
{
    /// <summary>Half a minute of sound as 32-bit floats at 48 kHz in two channels, and some more.</summary>
    internal const long MostUploadBytes = 32 << 20;

    private readonly WebApplication _web;
    private readonly IDisposable[] _desks;

    private StudioServer(WebApplication web, IDisposable[] desks, string address) => (_web, _desks, Address) = (web, desks, address);

    /// <summary>What to open in a browser, the token included.</summary>
    public string Address { get; }

    /// <summary>Begins to listen.</summary>
    /// <param name="options">What to show, and where.</param>
    /// <param name="device">The device that networks are run on, opened once it is needed.</param>
    /// <exception cref="BadInputException">Another program listens on the port.</exception>
    public static async Task<StudioServer> Start(StudioOptions options, DeviceSettings device)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = MostUploadBytes;
            kestrel.Listen(IPAddress.Loopback, options.Port);
        });
        builder.Services.AddRoutingCore();
        var web = builder.Build();
        var guard = new StudioGuard();
        var shelf = new RunShelf(options.Runs, options.Run, options.Ships);
        var player = new PlayDesk(() => Tensors.Device.Open(device));
        var steps = new StepDesk(player);
        var trainer = new TrainDesk(shelf, device, TimeProvider.System);
        var kernels = new KernelDesk();
        web.Use(guard.Admit);
        web.Use(Answers.OfErrors);
        web.UseRouting();
        StudioPage.Map(web);
        RunEndpoints.Map(web, shelf, new StepTables(trainer));
        PlayEndpoints.Map(web, shelf, player);
        InsideEndpoints.Map(web, shelf, player);
        StepEndpoints.Map(web, shelf, steps);
        TrainEndpoints.Map(web, trainer);
        KernelEndpoints.Map(web, kernels);
        web.UseEndpoints(_ => { });
        try
        {
            await web.StartAsync();
        }
        catch (Exception error) when (error is IOException or SocketException)
        {
            await web.DisposeAsync();
            player.Dispose();
            throw new SettingException("port",
                $"{options.Port}: another program listens on it; choose another one, or 0 for any that is free");
        }

        var address = web.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        guard.Port = new Uri(address).Port;
        return new StudioServer(web, [steps, player, trainer, kernels], $"{address}/#{guard.Token}");
    }

    /// <summary>Serves until it is cancelled.</summary>
    public static async Task Run(CancellationToken cancel)
    {
        var ended = new TaskCompletionSource();
        await using var registration = cancel.Register(ended.SetResult);
        await ended.Task;
    }

    public async ValueTask DisposeAsync()
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        await _web.StopAsync(patience.Token);
        await _web.DisposeAsync();
        foreach (var desk in _desks)
            desk.Dispose();
    }
}
