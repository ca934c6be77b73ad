using System.Net;
using System.Net.Sockets;

namespace CrossModal.Tests.Cli;

/// <summary>The command <c>studio</c> from outside.</summary>
public sealed class StudioCommandTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("crossmodal-studio-command-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void ATakenPortIsOneLine()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port;
        var said = Invocation.InProcess("studio", "--no-open", "--runs", _folder, "--port", $"{port}");
        Assert.Equal($"error: --port {port}: another program listens on it; choose another one, or 0 for any that is free", said.Failure());
    }

    /// <summary>Where no browser is found, or what is to open one fails, the address is said and the studio goes on.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task WithoutABrowserTheAddressIsSaidAndTheStudioGoesOn(bool opener)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows() || OperatingSystem.IsMacOS(), "these have a browser");
        var cancel = TestContext.Current.CancellationToken;
        if (opener)
        {
            var program = Path.Combine(_folder, "xdg-open");
            await File.WriteAllTextAsync(program, "#!/bin/sh\nexit 3\n", cancel);
            if (!OperatingSystem.IsWindows())
                File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        using var studio = Invocation.Start(null, _folder, ["studio", "--port", "0", "--runs", _folder]);
        try
        {
            var address = (await studio.StandardOutput.ReadLineAsync(cancel))!.Split(' ')[^1];
            Assert.Equal("Ctrl-C closes it.", await studio.StandardOutput.ReadLineAsync(cancel));
            Assert.Equal("No browser was found; open the address in one yourself.", await studio.StandardOutput.ReadLineAsync(cancel));
            using var client = new HttpClient();
            using var answer = await client.GetAsync(new Uri(address), cancel);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        }
        finally
        {
            studio.Kill();
        }
    }
}
