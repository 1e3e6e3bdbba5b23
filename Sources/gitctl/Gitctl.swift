import APIMachinery
import ArgumentParser
import AsyncHTTPClient
@main struct Gitctl: ParsableCommand {}
