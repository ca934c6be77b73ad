# The program alone, a file that needs no .NET, in an image that has nothing else.
#
#   docker build --build-arg VERSION=0.1.0 -t crossmodal .
#   docker run --rm -v "$PWD:/work" --user "$(id -u):$(id -g)" crossmodal train s2i --preset tiny
#
# The devices cpu and reference work in it; cuda-sim wants a C++ compiler and cuda NVIDIA's driver and NVRTC, which are not in it.
FROM mcr.microsoft.com/dotnet/sdk:10.0 AS build
WORKDIR /source
COPY .editorconfig global.json Directory.Build.props Directory.Build.targets Directory.Packages.props CrossModal.csproj LICENSE ./
COPY scripts/publish scripts/
COPY kernels kernels
COPY models models
COPY src src
# The tags of git are not here; without a version the program calls itself 0.1.0-alpha.0.
ARG VERSION=
RUN MinVerVersionOverride="$VERSION" scripts/publish --into /program "linux-$([ "$(uname -m)" = aarch64 ] && echo arm64 || echo x64)" \
    && mkdir /empty

FROM mcr.microsoft.com/dotnet/runtime-deps:10.0
COPY --from=build /program /opt/crossmodal
# Whoever runs it writes here, whichever user that is, also where that user has no home.
COPY --from=build --chown=$APP_UID:$APP_UID /empty /work
ENV PATH="$PATH:/opt/crossmodal" \
    CROSSMODAL_CACHE=/work/.crossmodal \
    DOTNET_BUNDLE_EXTRACT_BASE_DIR=/tmp/crossmodal
USER $APP_UID
WORKDIR /work
VOLUME /work
ENTRYPOINT ["crossmodal"]
