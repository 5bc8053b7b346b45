using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Opsen.Agent.Tests.Doubles;

/// <summary>Compiles and steers <c>fake_nvml.c</c>. Each instance is a library of its own, so tests do not share its state.</summary>
internal sealed class FakeNvml : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly nint _handle;

    private FakeNvml(params string[] flags)
    {
        Library = _directory.File("libnvidia-ml.so.1");
        var source = Path.Join(AppContext.BaseDirectory, "Sensors", "Nvidia", "fake_nvml.c");
        using var compiler = Process.Start("gcc", ["-shared", "-fPIC", "-O1", "-Wall", "-Werror", .. flags, "-o", Library, source]);
        compiler.WaitForExit();
        Assert.Equal(0, compiler.ExitCode);
        _handle = NativeLibrary.Load(Library);
    }

    private delegate int SetDelegate([MarshalAs(UnmanagedType.LPUTF8Str)] string key, int card, int value);

    private delegate int GetDelegate();

    public string Library { get; }

    /// <summary>How often it was initialised.</summary>
    public int InitCalls => Export<GetDelegate>("fake_init_calls")();

    /// <summary>How many initialisations have no shutdown yet.</summary>
    public int Balance => Export<GetDelegate>("fake_balance")();

    /// <summary>Compiles it, or skips the test where there is no compiler.</summary>
    public static FakeNvml Compile(params string[] flags)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && File.Exists("/usr/bin/gcc"), "the stand-in for NVML is compiled with /usr/bin/gcc");
        return new FakeNvml(flags);
    }

    public void Set(string key, int card, int value) => Assert.Equal(0, Export<SetDelegate>("fake_set")(key, card, value));

    public void Dispose()
    {
        NativeLibrary.Free(_handle);
        _directory.Dispose();
    }

    private T Export<T>(string name) => Marshal.GetDelegateForFunctionPointer<T>(NativeLibrary.GetExport(_handle, name));
}
