using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Net.Security;
using System.Runtime.InteropServices;

namespace EcStreamOrleans.Protocol.Tls;

/// <summary>
/// Cipher lists in OpenSSL's form, <c>HIGH:!aNULL:ECDHE-RSA-AES128-GCM-SHA256</c>. What such a list selects depends on the library and its
/// version, so the library itself is asked, the one that will do the encrypting.
/// </summary>
internal static class OpenSslCiphers
{
    private static readonly Lazy<Functions?> Library = new(Functions.Load);

    /// <summary>The suites that a list selects, in its order, with those of TLS 1.3, which no list governs.</summary>
    /// <param name="list">The list.</param>
    /// <param name="suites">The suites.</param>
    /// <param name="error">What is wrong with it.</param>
    public static bool TrySelect(string list, out ImmutableArray<TlsCipherSuite> suites, [NotNullWhen(false)] out string? error)
    {
        suites = [];
        if (Library.Value is not { } library)
        {
            error = "TLS_Ciphers cannot be read: libssl of OpenSSL was not found on this system";
            return false;
        }

        var context = library.NewContext(library.Method());
        if (context == 0)
        {
            error = "TLS_Ciphers cannot be read: OpenSSL gives no context";
            return false;
        }

        try
        {
            if (library.SetCipherList(context, list) != 1)
            {
                error = $"'{list}' selects no cipher; expected a list in OpenSSL's form, such as \"HIGH:!aNULL\"";
                return false;
            }

            var stack = library.GetCiphers(context);
            suites = [.. Enumerable.Range(0, library.Count(stack)).Select(i => (TlsCipherSuite)library.ProtocolId(library.Value(stack, i))).Where(Enum.IsDefined)];
            error = null;
            return true;
        }
        finally
        {
            library.FreeContext(context);
        }
    }

    private sealed class Functions
    {
        private static readonly string[] Names = ["libssl.so.3", "libssl.so.1.1", "libssl.so", "libssl.3.dylib"];

        private Functions(nint ssl, nint crypto)
        {
            Method = Get<NoArgument>(ssl, "TLS_method");
            NewContext = Get<OneArgument>(ssl, "SSL_CTX_new");
            FreeContext = Get<Free>(ssl, "SSL_CTX_free");
            SetCipherList = Get<SetList>(ssl, "SSL_CTX_set_cipher_list");
            GetCiphers = Get<OneArgument>(ssl, "SSL_CTX_get_ciphers");
            ProtocolId = Get<Id>(ssl, "SSL_CIPHER_get_protocol_id");
            Count = Get<StackCount>(crypto, "OPENSSL_sk_num");
            Value = Get<StackValue>(crypto, "OPENSSL_sk_value");
        }

        [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
        public delegate nint NoArgument();

        [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
        public delegate nint OneArgument(nint pointer);

        [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
        public delegate void Free(nint pointer);

        [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
        public delegate int SetList(nint context, [MarshalAs(UnmanagedType.LPUTF8Str)] string list);

        [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
        public delegate ushort Id(nint cipher);

        [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
        public delegate int StackCount(nint stack);

        [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
        public delegate nint StackValue(nint stack, int index);

        public NoArgument Method { get; }

        public OneArgument NewContext { get; }

        public Free FreeContext { get; }

        public SetList SetCipherList { get; }

        public OneArgument GetCiphers { get; }

        public Id ProtocolId { get; }

        public StackCount Count { get; }

        public StackValue Value { get; }

        public static Functions? Load()
        {
            foreach (var name in Names)
            {
                // libcrypto is of the same version: whoever finds the one finds the other by the same name.
                if (NativeLibrary.TryLoad(name, out var ssl) && NativeLibrary.TryLoad(name.Replace("libssl", "libcrypto", StringComparison.Ordinal), out var crypto))
                {
                    return new Functions(ssl, crypto);
                }
            }

            return null;
        }

        private static T Get<T>(nint library, string name)
            where T : Delegate => Marshal.GetDelegateForFunctionPointer<T>(NativeLibrary.GetExport(library, name));
    }
}
